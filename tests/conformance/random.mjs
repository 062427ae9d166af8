// Choices, the same for the same seed.
export class Random {
  constructor(seed) { this.state = seed >>> 0; }
  // In [0, 1).
  random() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n) { return Math.floor(this.random() * n); }
  chance(p) { return this.random() < p; }
  pick(list) { return list[this.below(list.length)]; }
  some(list, p) { return list.filter(() => this.chance(p)); }
  times(n, make) { return Array.from({ length: n }, make); }
}
