import { nothing } from "./card.js";

export function trust() {
  return [nothing("To come.")];
}
