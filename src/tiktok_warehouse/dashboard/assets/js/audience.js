import { nothing } from "./card.js";

export function audience() {
  return [nothing("To come.")];
}
