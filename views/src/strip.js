// A vector as a strip of colour: a line for each number, blue above 0 and grey below, stronger the farther from it.

const BLUE = "38, 128, 204"; // near that of the encoder, to be seen on white and on black
const GREY = "128, 128, 128";

export function drawStrip(canvas, vector) {
  canvas.width = 1;
  canvas.height = vector.length;
  const context = canvas.getContext("2d");
  vector.forEach((value, line) => {
    context.fillStyle = `rgba(${value > 0 ? BLUE : GREY}, ${Math.min(1, Math.abs(value))})`;
    context.fillRect(0, line, 1, 1);
  });
}
