// Numbers as the views write them.

import { format } from "d3-format";

const twoDecimals = format(".2f");
const wholePercent = format(".0%");

// 0.934 -> ".93"; 1 -> "1"; less than half a hundredth -> "0".
export function shortWeight(weight) {
  return twoDecimals(weight).replace(/^0(?=\.)/, "").replace(/^\.00$/, "0").replace(/\.00$/, "");
}

// -1.234 -> "−1.23"
export const decimal = twoDecimals;

// 0.93412 -> "0.934"
export const threeDecimals = format(".3f");

// A log-probability as the probability it stands for: -0.05 -> "95%", -7 -> "less than 1%".
export function probability(logProbability) {
  const value = Math.exp(logProbability);
  return value < 0.005 ? "less than 1%" : wholePercent(value);
}
