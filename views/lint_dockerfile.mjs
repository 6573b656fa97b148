// Check Dockerfiles with dockerfile-utils: `node lint_dockerfile.mjs FILE...` prints a line a fault.
import { readFile } from "node:fs/promises";
import { validate, ValidationSeverity } from "dockerfile-utils";

const strict = {
  deprecatedMaintainer: ValidationSeverity.ERROR,
  directiveCasing: ValidationSeverity.ERROR,
  emptyContinuationLine: ValidationSeverity.ERROR,
  instructionCasing: ValidationSeverity.ERROR,
  instructionCmdMultiple: ValidationSeverity.ERROR,
  instructionEntrypointMultiple: ValidationSeverity.ERROR,
  instructionHealthcheckMultiple: ValidationSeverity.ERROR,
  instructionJSONInSingleQuotes: ValidationSeverity.ERROR,
  instructionWorkdirRelative: ValidationSeverity.ERROR,
};
const files = process.argv.slice(2);
let faults = 0;
for (const file of files) {
  for (const { range, message } of validate(await readFile(file, "utf8"), strict)) {
    console.log(`${file}:${range.start.line + 1}:${range.start.character + 1}: ${message}`);
    faults += 1;
  }
}
console.log(`Files: ${files.length}. Faults: ${faults}.`);
process.exit(faults ? 1 : 0);
