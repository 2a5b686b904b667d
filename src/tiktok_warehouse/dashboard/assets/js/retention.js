import { nothing } from "./card.js";

export function retention() {
  return [nothing("To come.")];
}
