// What the theme and Sphinx leave out, or say wrongly, to those who listen to a page.
document.addEventListener("DOMContentLoaded", () => {
  // Buttons of the sidebar that open a part of the table of contents have a picture and no name.
  for (const summary of document.querySelectorAll(".bd-sidebar-primary li > details > summary")) {
    const link = summary.closest("li").querySelector("a");
    summary.setAttribute("aria-label", `Pages of ${link.textContent.trim()}`);
  }
  // The bibliography is called a list, and holds what a list may not.
  for (const list of document.querySelectorAll(".citation-list[role=list]")) {
    list.removeAttribute("role");
  }
});
