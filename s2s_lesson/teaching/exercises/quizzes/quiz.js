(() => {
  const line = (kind, words, feedback) => `<p class="${kind}"><strong>${words}</strong> ${feedback}</p>`;

  const aboutNumber = (field) => {
    const facts = JSON.parse(field.dataset.facts);
    const text = field.value.trim().replace(",", ".");
    const given = Number(text);
    if (text === "" || Number.isNaN(given)) return line("open", "Not yet.", "Write a number, such as 0.5.");
    const near = (entry) => Math.abs(entry.number - given) <= facts.tolerance;
    const match = facts.known.find(near) || { feedback: facts.otherwise };
    return match.right ? line("right", "Right.", match.feedback) : line("wrong", "Not right.", match.feedback);
  };

  const aboutChoices = (fields) => {
    const chosen = fields.filter((field) => field.checked);
    if (chosen.length === 0) return line("open", "Not yet.", "Choose an answer first.");
    const isRight = (field) => field.dataset.right === "true";
    const lines = chosen.map((field) => {
      const what = fields[0].type === "checkbox" ? `${field.nextElementSibling.innerHTML}:` : "";
      const words = isRight(field) ? "Right" : "Not right";
      return line(isRight(field) ? "right" : "wrong", what ? `${words}, ${what}` : `${words}.`, field.dataset.feedback);
    });
    const missing = fields.filter((field) => isRight(field) && !field.checked).length;
    if (fields[0].type === "checkbox" && missing > 0) lines.push(line("open", "Not all.", `${missing} more to be found.`));
    return lines.join("");
  };

  // Each form calls this by name, so that it matters not when a notebook puts the form into the page.
  window.answerQuiz = (form) => {
    const fields = [...form.querySelectorAll("input")];
    const answer = fields[0].dataset.facts ? aboutNumber(fields[0]) : aboutChoices(fields);
    form.querySelector("[role=status]").innerHTML = answer;
    return false;
  };
})();
