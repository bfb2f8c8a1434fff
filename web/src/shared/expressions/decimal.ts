/** Decimal numbers of 34 significant digits, halves rounded up, as the server calculates. */
import { ExpressionError } from "./errors";

const DIGITS = 34;
const LIMIT = 10n ** 30n;
const TEXT = /^-?[0-9]{1,30}(\.[0-9]{1,20})?$/;
const JSON_NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/;

const power = (n: number): bigint => 10n ** BigInt(n);
const magnitude = (n: bigint): bigint => (n < 0n ? -n : n);

/** `dividend / divisor` as a whole number, halves away from zero. */
function halfUp(dividend: bigint, divisor: bigint): bigint {
  const half = (magnitude(dividend) * 2n + divisor) / (divisor * 2n);
  return dividend < 0n ? -half : half;
}

/** coefficient × 10^-scale, immutable. */
export class Decimal {
  private constructor(
    readonly coefficient: bigint,
    readonly scale: number,
  ) {}

  static readonly ZERO = new Decimal(0n, 0);

  /** A numeric text as a number, or null when it is none. */
  static ofText(text: string): Decimal | null {
    if (!TEXT.test(text)) return null;
    const [whole = "0", fraction = ""] = text.split(".");
    return new Decimal(BigInt(whole + fraction), fraction.length);
  }

  /** A JSON number by its shortest decimal form. */
  static ofNumber(value: number): Decimal {
    const match = Number.isFinite(value) ? JSON_NUMBER.exec(String(value)) : null;
    if (!match) throw new ExpressionError("数值过大或不是有效数值");
    const [, sign, whole = "0", fraction = "", exponent = "0"] = match;
    const scale = fraction.length - Number(exponent);
    if (scale < -40) throw new ExpressionError("数值过大或不是有效数值");
    const coefficient = BigInt(`${sign}${whole}${fraction}`);
    return (scale < 0 ? new Decimal(coefficient * power(-scale), 0) : new Decimal(coefficient, scale)).bounded();
  }

  /** Refuses a magnitude of 1e30 or more. */
  bounded(): Decimal {
    if (magnitude(this.coefficient) >= LIMIT * power(this.scale)) throw new ExpressionError("数值过大或不是有效数值");
    return this;
  }

  private rounded(): Decimal {
    const surplus = magnitude(this.coefficient).toString().length - DIGITS;
    if (surplus <= 0) return this.bounded();
    const coefficient = halfUp(this.coefficient, power(surplus));
    const scale = this.scale - surplus;
    return (scale < 0 ? new Decimal(coefficient * power(-scale), 0) : new Decimal(coefficient, scale)).bounded();
  }

  private aligned(other: Decimal): [bigint, bigint, number] {
    const scale = Math.max(this.scale, other.scale);
    return [this.coefficient * power(scale - this.scale), other.coefficient * power(scale - other.scale), scale];
  }

  plus(other: Decimal): Decimal {
    const [a, b, scale] = this.aligned(other);
    return new Decimal(a + b, scale).rounded();
  }

  minus(other: Decimal): Decimal {
    const [a, b, scale] = this.aligned(other);
    return new Decimal(a - b, scale).rounded();
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.coefficient * other.coefficient, this.scale + other.scale).rounded();
  }

  over(other: Decimal): Decimal {
    if (other.coefficient === 0n) throw new ExpressionError("除数为零");
    const lengths = magnitude(other.coefficient).toString().length - magnitude(this.coefficient).toString().length;
    const shift = Math.max(0, lengths + DIGITS + 2, other.scale - this.scale);
    let quotient = (this.coefficient * power(shift)) / magnitude(other.coefficient);
    if (other.coefficient < 0n) quotient = -quotient;
    return new Decimal(quotient, this.scale + shift - other.scale).rounded();
  }

  abs(): Decimal {
    return new Decimal(magnitude(this.coefficient), this.scale);
  }

  compare(other: Decimal): number {
    const [a, b] = this.aligned(other);
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /** Exactly `places` decimals, halves away from zero. */
  round(places: number): Decimal {
    if (places >= this.scale) return new Decimal(this.coefficient * power(places - this.scale), places);
    return new Decimal(halfUp(this.coefficient, power(this.scale - places)), places);
  }

  /** The whole number, or null when there is a fraction. */
  whole(): number | null {
    const unit = power(this.scale);
    return this.coefficient % unit === 0n ? Number(this.coefficient / unit) : null;
  }

  /** All digits the number has, e.g. `5913.00`. */
  toString(): string {
    const digits = magnitude(this.coefficient).toString().padStart(this.scale + 1, "0");
    const sign = this.coefficient < 0n ? "-" : "";
    if (this.scale === 0) return sign + digits;
    return `${sign}${digits.slice(0, -this.scale)}.${digits.slice(-this.scale)}`;
  }
}
