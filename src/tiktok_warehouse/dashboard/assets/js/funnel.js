import { nothing } from "./card.js";

export function funnel() {
  return [nothing("To come.")];
}
