// Writes random Rust: one function a seed, of everything that a program may do and the toolchain may get wrong. The same
// text is compiled for the host and for the chain, and both must compute the same.
//   node generate.cjs FROM COUNT > torture.rs
const BITS = { u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, i8: 8, i16: 16, i32: 32, i64: 64, i128: 128 };
const TYPES = Object.keys(BITS);
const MASK = (1n << 64n) - 1n;

/** SplitMix64. */
class Random {
  constructor(seed) { this.state = BigInt(seed) * 0x9e3779b97f4a7c15n & MASK; }

  next() {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & MASK;
    let z = this.state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return z ^ (z >> 31n);
  }

  below(n) { return Number(this.next() % BigInt(n)); }

  pick(items) { return items[this.below(items.length)]; }
}

class Program {
  constructor(seed) {
    this.seed = seed;
    this.random = new Random(seed);
    this.names = 0;
    this.helpers = [];
  }

  name() { return `v${this.names++}`; }

  type() { return this.random.below(8) === 0 ? this.random.pick(['u128', 'i128']) : this.random.pick(TYPES.filter((t) => BITS[t] < 128)); }

  literal(type) {
    const { random } = this;
    const signed = type[0] === 'i';
    switch (random.below(6)) {
      case 0: return `${type}::MAX`;
      case 1: return `${type}::MIN`;
      case 2: return signed ? `(-${1 + random.below(100)}${type})` : `${random.below(200)}${type}`;
      case 3: return `(1${type} << ${random.below(BITS[type])})`;
      default: return `(0x${random.next().toString(16)}u64 as ${type})`;
    }
  }

  /** An expression of `type`; `scope` has [name, type] of what may be read. */
  value(type, scope, depth) {
    const { random } = this;
    if (depth <= 0) return random.below(6) > 0 ? this.known(type, scope) : this.literal(type);
    const sub = (t = type) => this.value(t, scope, depth - 1 - random.below(2));
    const wide = BITS[type] === 128;
    switch (random.below(17)) {
      case 0: case 1: return `(${sub()}).wrapping_${random.pick(['add', 'sub', 'mul'])}(${sub()})`;
      case 2: return `((${sub()}) ${random.pick(['&', '|', '^'])} (${sub()}))`;
      case 3: return `(${sub()}).wrapping_${random.pick(['shl', 'shr'])}(${sub('u32')})`;
      case 4: return wide ? sub() : `(${sub()}).wrapping_${random.pick(['div', 'rem'])}((${sub()}) | 1)`;
      case 5: return `(${sub()}).rotate_${random.pick(['left', 'right'])}((${sub('u32')}) & ${BITS[type] - 1})`;
      case 6: return wide ? `(!(${sub()}))` : `(${sub()}).checked_${random.pick(['add', 'sub', 'mul'])}(${sub()}).unwrap_or(${sub()})`;
      case 7: return `(${sub()}).saturating_${random.pick(['add', 'sub'])}(${sub()})`;
      case 8: return `(${sub()}).overflowing_${random.pick(['add', 'sub'])}(${sub()}).0`;
      case 9: return `(${sub()}).${random.pick(['min', 'max'])}(${sub()})`;
      case 10: return random.pick([`(!(${sub()}))`, `(${sub()}).wrapping_neg()`, `(${sub()}).swap_bytes()`, `((${sub()}).count_ones() as ${type})`,
        `((${sub()}).leading_zeros() as ${type})`, `((${sub()}).trailing_zeros() as ${type})`]);
      case 11: case 12: return `((${sub(this.type())}) as ${type})`;
      case 13: return `(if ${this.condition(scope, depth - 1)} { ${sub()} } else { ${sub()} })`;
      case 14: return `(bytes[(${sub('u64')}) as usize % bytes.len()] as ${type})`;
      case 15: return `(words[(${sub('u8')}) as usize % words.len()] as ${type})`;
      default: return this.called(type, sub);
    }
  }

  /** Something that only the run knows: what the compiler can work out itself would test the compiler alone. */
  known(type, scope) {
    const same = scope.filter(([, t]) => t === type);
    return same.length > 0 && this.random.below(4) > 0 ? this.random.pick(same)[0] : `(${this.random.pick(scope)[0]} as ${type})`;
  }

  condition(scope, depth) {
    const type = this.type();
    const sub = () => this.value(type, scope, depth - 1);
    return `(${sub()}) ${this.random.pick(['<', '<=', '==', '!=', '>', '>='])} (${sub()})`;
  }

  /** A call: indirect, through a trait, deep, or of a function with more arguments or a wider result than BPF can pass. */
  called(type, sub) {
    const { random } = this;
    switch (random.below(5)) {
      case 0: return `(TABLE[black_box((${sub('u8')}) as usize % TABLE.len())](${sub('u64')}, ${sub('u64')}) as ${type})`;
      case 1: return `(through(${sub('u64')}, ${sub('u64')}) as ${type})`;
      case 2: return `(deep((${sub('u64')}) & 7, ${sub('u64')}) as ${type})`;
      default: return `(${this.helper(type)}(${Array.from({ length: 7 }, () => sub('u64')).join(', ')}).${random.below(2)} as ${type})`;
    }
  }

  helper() {
    if (this.helpers.length >= 3) return this.random.pick(this.helpers).name;
    const name = `helper${this.seed}_${this.helpers.length}`;
    const result = this.random.pick(['u64, u64', 'u128, i64', 'i32, u8']);
    const scope = Array.from('abcdefg', (letter) => [letter, 'u64']);
    const values = result.split(', ').map((t) => this.leaf(t, scope, 2));
    this.helpers.push({ name, text: `fn ${name}(${scope.map(([n]) => `${n}: u64`).join(', ')}) -> (${result}) { (${values.join(', ')}) }` });
    return name;
  }

  /** An expression without calls and arrays, for functions that have none in reach. */
  leaf(type, scope, depth) {
    const { random } = this;
    if (depth <= 0) return random.below(3) > 0 ? `(${random.pick(scope)[0]} as ${type})` : this.literal(type);
    const sub = () => this.leaf(type, scope, depth - 1);
    return random.pick([
      `(${sub()}).wrapping_${random.pick(['add', 'sub', 'mul'])}(${sub()})`, `((${sub()}) ^ (${sub()}))`,
      `(${sub()}).wrapping_shr((${random.pick(scope)[0]}) as u32)`, `(if (${sub()}) < (${sub()}) { ${sub()} } else { ${sub()} })`,
    ]);
  }

  block(scope, depth, count) {
    const lines = [];
    const inner = [...scope];
    for (let i = 0; i < count; i++) lines.push(...this.statement(inner, depth));
    return lines;
  }

  /** May add to `scope`. */
  statement(scope, depth) {
    const { random } = this;
    const type = this.type();
    const value = (t = type, d = 3) => this.value(t, scope, d);
    const kind = random.below(depth > 0 ? 12 : 8);
    if (kind < 4) {
      const name = this.name();
      const line = `let mut ${name}: ${type} = ${value()};`;
      scope.push([name, type]);
      return [line, `h = mix(h, ${name} as u64);`];
    }
    const [target, targetType] = random.pick(scope);
    switch (kind) {
      case 4: return [`${target} = ${this.value(targetType, scope, 3)};`, `h = mix(h, (${target} as u128 >> ${random.below(65)}) as u64);`];
      case 5: return [`bytes[(${value('u32', 1)}) as usize % bytes.len()] = ${value('u8', 2)};`];
      case 6: return [`words[(${value('u16', 1)}) as usize % words.len()] = ${value('i32', 2)};`];
      case 7: return this.movement(value);
      case 8: return [`for i in 0..((${value('u8', 1)}) & 7) as u64 {`, ...this.block([...scope, ['i', 'u64']].map(([n, t]) => [n, t]).filter(([n]) => n !== 'i'), depth - 1, 2), 'h = mix(h, i); }'];
      case 9: return [`if ${this.condition(scope, 3)} {`, ...this.block(scope, depth - 1, 2), '} else {', ...this.block(scope, depth - 1, 1), '}'];
      case 10: return [`match (${value('u64', 2)}) & ${random.pick([7, 15, 31])} {`,
        ...Array.from({ length: 9 }, (_, i) => `${i * random.pick([1, 1, 2]) + i} => h = mix(h, ${value('u64', 1)}),`), `_ => h = mix(h, ${random.below(1_000)}), }`];
      default: return [`h = mix(h, wide(${value('u64', 2)}, &bytes, &words));`];
    }
  }

  /** One operation on what came in, and nothing around it that could hide its result. */
  direct() {
    const { random } = this;
    const type = this.type();
    const [a, b] = [random.pick(['a', 'c', 'a ^ c']), random.pick(['b', 'c', 'b.rotate_left(7)'])].map((v) => `((${v}) as ${type})`);
    const narrow = BITS[type] < 128;
    const operation = random.pick([
      ...['add', 'sub', 'mul'].map((op) => `${a}.wrapping_${op}(${b})`),
      ...(narrow ? ['div', 'rem', 'div', 'rem'].map((op) => `${a}.wrapping_${op}(${b} | 1)`) : []),
      ...(narrow ? ['add', 'sub', 'mul', 'mul'].map((op) => `${a}.checked_${op}(${b}).unwrap_or(${this.literal(type)})`) : []),
      ...['shl', 'shr'].map((op) => `${a}.wrapping_${op}(b as u32)`),
      `${a}.saturating_sub(${b})`, `(${a} < ${b}) as ${type}`, `${a}.rotate_left(c as u32 & ${BITS[type] - 1})`,
    ]);
    return `h = mix(h, (${operation}) as u64);`;
  }

  /** Copies of all sizes: known and not, overlapping and not, small enough to be unrolled and not. */
  movement(value) {
    const { random } = this;
    const at = `(${value('u8', 1)}) as usize % 100`;
    switch (random.below(5)) {
      case 0: return [`{ let (at, to) = (${at}, (${value('u8', 1)}) as usize % 100); bytes.copy_within(at..at + ${random.pick([1, 8, 31, 64, 99])}, to); }`];
      case 1: return [`{ let (at, n, with) = (${at}, (${value('u8', 1)}) as usize % 90, ${value('u8', 1)}); bytes[at..at + n].fill(with); }`];
      case 2: return [`{ let n = (${value('u8', 1)}) as usize; let copy = black_box(bytes); bytes[..n % 200].copy_from_slice(&copy[..n % 200]); h = mix(h, copy[n % 200] as u64); }`];
      case 3: return [`{ let copy = black_box(words); h = mix(h, (copy[..4] == words[1..5]) as u64 + copy.iter().fold(0u64, |s, w| s.wrapping_mul(3).wrapping_add(*w as u64))); }`];
      default: return ['words.sort_unstable();', 'h = mix(h, words[3] as u64);'];
    }
  }

  text() {
    const direct = Array.from({ length: 8 }, () => this.direct());
    const body = this.block([['a', 'u64'], ['b', 'u64'], ['c', 'u64']], 2, 9 + this.random.below(8));
    return [
      ...this.helpers.map((helper) => helper.text),
      '#[inline(never)]',
      `fn seed${this.seed}(mut a: u64, mut b: u64, mut c: u64) -> u64 {`,
      'let mut h = 0xcbf29ce484222325u64; let mut bytes = fill(a ^ b); let mut words = [0i32; 16];',
      'for (i, w) in words.iter_mut().enumerate() { *w = (c.rotate_left(i as u32 * 4)) as i32; }',
      ...direct,
      ...body,
      'mix(mix(mix(h, a), b), bytes.iter().fold(c, |s, x| s.rotate_left(5) ^ *x as u64))',
      '}',
    ].join('\n');
  }
}

const PRELUDE = `
use core::hint::black_box;
#[inline(always)] fn mix(h: u64, v: u64) -> u64 { (h ^ v).wrapping_mul(0x100000001b3).rotate_left(17) ^ (v >> 3) }
#[inline(never)] fn fill(mut x: u64) -> [u8; 256] { let mut out = [0u8; 256]; for b in out.iter_mut() { x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); *b = (x >> 56) as u8; } out }
trait Step { fn step(&self, v: u64) -> u64; }
struct Adds(u64); struct Turns(u32); struct Inverts;
impl Step for Adds { fn step(&self, v: u64) -> u64 { v.wrapping_add(self.0) } }
impl Step for Turns { fn step(&self, v: u64) -> u64 { v.rotate_right(self.0) } }
impl Step for Inverts { fn step(&self, v: u64) -> u64 { !v } }
#[inline(never)] fn through(a: u64, b: u64) -> u64 { let (x, y, z) = (Adds(b), Turns(b as u32 & 63), Inverts); let steps: [&dyn Step; 3] = [&x, &y, &z]; (0..5).fold(a, |v, i| black_box(steps[((a >> i) % 3) as usize]).step(v)) }
#[inline(never)] fn deep(n: u64, a: u64) -> u64 { if n == 0 { a } else { deep(n - 1, a.wrapping_mul(31).wrapping_add(n)) ^ n } }
#[inline(never)] fn wide(at: u64, bytes: &[u8; 256], words: &[i32; 16]) -> u64 { let w = words[at as usize % 16] as i128; let x = u64::from_le_bytes(*bytes[at as usize % 200..].first_chunk::<8>().unwrap()) as u128 * at as u128; ((x >> 40) as u64) ^ ((w.wrapping_mul(x as i128) >> (at & 127)) as u64) }
static TABLE: [fn(u64, u64) -> u64; 5] = [|a, b| a ^ b, |a, b| a.wrapping_sub(b), |a, b| a & b, |a, b| a.rotate_left(b as u32 & 63), |a, b| a.wrapping_mul(b | 1)];
`;

function generate(from, count) {
  const seeds = Array.from({ length: count }, (_, i) => from + i);
  const arms = seeds.map((seed, i) => `${i} => seed${seed}(a, b, c),`);
  return `// Generated by generate.cjs for the seeds ${from} to ${from + count - 1}.
#![allow(warnings)]
${PRELUDE}
${seeds.map((seed) => new Program(seed).text()).join('\n')}
/// The function of the which-th seed on some inputs.
pub fn run(which: u64, input: u64) -> u64 {
    let mut h = 0;
    let mut x = input;
    for _ in 0..3 {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let (a, b, c) = (x, if input & 1 == 0 { x >> 33 } else { !(x >> 50) }, x.rotate_left(29));
        h = mix(h, match which { ${arms.join(' ')} _ => 0 });
    }
    h
}
`;
}

module.exports = { generate };
if (require.main === module) process.stdout.write(generate(Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 50)));
