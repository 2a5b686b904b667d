import { nothing } from "./card.js";

export function content() {
  return [nothing("To come.")];
}
