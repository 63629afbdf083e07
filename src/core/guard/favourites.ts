// Ports that people choose, and that whoever tries doors tries first: round ones, patterns, known services, examples of manuals.
import type { Port } from "../port.ts";

/**
 * Out of how many a port of this kind is one: what a dictionary of a hundred or of a thousand ports has, the better known
 * first. (A hundred is what doubled as a dictionary in an attack on this program; it held most sequences of most tutorials.)
 */
const BEST_KNOWN = 128;
const KNOWN = 1024;
const KNOWN_SIZES = 32;

/** From the manuals and examples of knockd, fwknop and their tutorials, and ports that stand for themselves. */
const EXAMPLES: ReadonlySet<number> = new Set([
  22, 80, 443, 571, 290, 911, 1337, 2323, 2345, 3389, 4242, 5900, 8080, 8081, 8443, 13_337, 13_579, 24_680, 31_337,
  42_424, 54_545, 62_201, 65_432, 65_535,
]);

/** Services above the well-known ports that /etc/services or nmap's first thousand name; those below 1024 count as a whole. */
const SERVICES: ReadonlySet<number> = new Set([
  1080, 1194, 1433, 1434, 1521, 1723, 1812, 1813, 1883, 2049, 2082, 2083, 2086, 2087, 2181, 2375, 2376, 2379, 2380,
  3128, 3260, 3268, 3306, 3478, 3632, 3690, 4369, 4500, 4505, 4506, 4786, 4789, 4848, 4899, 5001, 5044, 5060, 5061,
  5222, 5269, 5280, 5353, 5355, 5432, 5601, 5631, 5632, 5666, 5671, 5672, 5683, 5800, 5901, 5938, 5984, 5985, 5986,
  6001, 6379, 6443, 6514, 6660, 6665, 6666, 6667, 6697, 6881, 7001, 7070, 7474, 7547, 7687, 8001, 8006, 8008, 8009,
  8010, 8082, 8083, 8086, 8088, 8089, 8090, 8123, 8140, 8172, 8181, 8222, 8333, 8554, 8649, 8834, 8883, 9001, 9042,
  9090, 9091, 9092, 9093, 9100, 9160, 9200, 9300, 9389, 9418, 9443, 9530, 10_050, 10_051, 10_250, 10_255, 11_211,
  11_434, 15_672, 16_010, 17_185, 19_132, 20_547, 25_565, 25_575, 27_015, 27_017, 27_018, 28_015, 28_017, 32_400,
  32_764, 37_777, 44_818, 47_808, 49_152, 50_070, 51_413, 51_820, 55_553, 61_616, 64_738,
]);

/** Out of how many ports a dictionary would have to hold this one; undefined: no dictionary has it. */
export function favouriteOf({ protocol, number }: Port): number | undefined {
  if (protocol === "icmp")
    return number % 100 === 0 || isPattern(number) || isPowerOf2(number) ? KNOWN_SIZES : undefined;
  if (number % 1000 === 0 || isPattern(number) || EXAMPLES.has(number)) return BEST_KNOWN;
  return number % 100 === 0 || number < 1024 || SERVICES.has(number) ? KNOWN : undefined;
}

/** `1111`, `1234`, `9012`, `4321`, `1212`: digits repeated or running, of three and more. */
function isPattern(number: number): boolean {
  const digits = [...String(number)].map(Number);
  if (digits.length < 3) return false;
  const steps = digits.slice(1).map((digit, index) => (digit - (digits[index] ?? 0) + 10) % 10);
  const [first] = steps;
  if ((first === 0 || first === 1 || first === 9) && steps.every((step) => step === first)) return true;
  return digits.length > 3 && digits.every((digit, index) => digit === digits[index % 2]);
}

function isPowerOf2(number: number): boolean {
  return number > 0 && (number & (number - 1)) === 0;
}

/**
 * Ports to which no browser connects (the Fetch standard, section "Port blocking"): a page that knocks, as `knockd howto --html`
 * makes one, would stop there.
 */
export const BROWSERS_REFUSE: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);
