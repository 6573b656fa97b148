(() => {
  const line = (kind, words, feedback) => `<p class="${kind}"><strong>${words}</strong> ${feedback}</p>`;

  // What a typed number may mean, the likelier first: "5,760" is 5760 or 5.76, and "5,76" is 5.76 alone. A blank, an
  // apostrophe, a low line, a comma or a point may part groups of three digits; a comma or a point may be decimal.
  const readings = (typed) => {
    const text = typed.trim().replace("\u2212", "-");
    const [, sign, body = "", power = ""] = /^([+-]?)([^e]*\d[^e]*)(e[+-]?\d+)?$/i.exec(text) || [];
    const value = (whole, fraction) => Number(`${sign}${whole.replace(/\D/g, "") || 0}.${fraction || 0}${power}`);
    const decimal = /^(\d*)(?:[.,](\d*))?$/.exec(body);
    const grouped = /^([1-9]\d{0,2}([\s'\u2019_.,])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d*))?$/.exec(body);
    const values = [decimal && value(decimal[1], decimal[2]), grouped && value(grouped[1], grouped[3])];
    return (body.includes(",") ? values.reverse() : values).filter(Number.isFinite);
  };

  // Right is what is right in one reading; a comma that may mean either, and is wrong in both, is asked about.
  const aboutNumber = (field) => {
    const facts = JSON.parse(field.dataset.facts);
    const values = readings(field.value);
    if (values.length === 0) return line("open", "Not yet.", "Write a number, such as 0.5.");
    const near = (entry) => values.some((given) => Math.abs(entry.number - given) <= facts.tolerance);
    const match = facts.known.find(near);
    if (!match && values.length > 1 && field.value.includes(","))
      return line("open", "Not yet.", `Do you mean ${values.join(" or ")}? Write one of them.`);
    const feedback = match ? match.feedback : facts.otherwise;
    return match && match.right ? line("right", "Right.", feedback) : line("wrong", "Not right.", feedback);
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
