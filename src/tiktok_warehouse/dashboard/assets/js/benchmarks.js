import { nothing } from "./card.js";

export function benchmarks() {
  return [nothing("To come.")];
}
