// Days of the calendar without a clock: days since 1970-01-01 <-> `2027-06-30` (Gregorian, UTC).

const DAYS_IN_400_YEARS = 146_097;
const FROM_0000_03_01 = 719_468;

/** Days since 1970, or undefined if there is no such day. */
export function dayNumber(year: number, month: number, day: number): number | undefined {
  const number = Date.UTC(year, month - 1, day) / 86_400_000;
  return year >= 1970 && year <= 9999 && dayText(number) === text(year, month, day) ? number : undefined;
}

/** By the algorithm for a calendar whose years begin in March, so that a leap day is the last of its year. */
export function dayText(days: number): string {
  const shifted = days + FROM_0000_03_01;
  const era = Math.floor(shifted / DAYS_IN_400_YEARS);
  const dayOfEra = shifted - era * DAYS_IN_400_YEARS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const month = march < 10 ? march + 3 : march - 9;
  return text(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Math.floor((153 * march + 2) / 5) + 1);
}

function text(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
