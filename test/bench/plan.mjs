// What is measured, for whom, with which settings. The C knockd gets only what it can end in reasonable time.

/** 0: all that the machine can send. */
const ALL = 0;

export function plan(quick) {
  const limitMs = quick ? 300 : 500;
  const floods = (
    quick
      ? [
          ["tcp", [10_000, ALL]],
          ["udp", [ALL]],
        ]
      : ["tcp", "udp"].map((protocol) => [protocol, [1000, 10_000, 50_000, 150_000, ALL]])
  ).flatMap(([protocol, rates]) => rates.map((rate) => ({ protocol, rate, limitMs })));
  const openings = quick ? 60 : 300;
  const cpuCounts = quick ? [10, 300_000] : [10, 1000, 100_000, 1_000_000];
  const cpu = cpuCounts.map((sources) => ({ sources, rate: 100_000, count: quick ? 300_000 : 1_000_000 }));
  const slowCpu = (quick ? [10, 5000] : [10, 1000, 50_000]).map((sources) => ({
    sources,
    rate: 5000,
    count: quick ? 15_000 : 50_000,
  }));
  const memory = [{ sources: quick ? 1_000_000 : 5_000_000, rate: 200_000 }];
  const unwatched = [{ rate: 250_000, count: quick ? 500_000 : 2_500_000 }];
  const scans = [{ randomScans: quick ? 30 : 300, fullScans: quick ? 2 : 6, rate: 50_000 }];
  const many = [{ doors: 1000, knocks: quick ? 100 : 1000 }];
  const starts = [
    { doors: 1, runs: 5 },
    { doors: 1000, runs: quick ? 2 : 5 },
  ];
  // Its packet filter is compiled for ten seconds and more.
  const slowStarts = [
    { doors: 1, runs: 5 },
    { doors: 1000, runs: 1 },
  ];
  const seconds = quick ? 1 : 4;
  return {
    startUp: { ours: starts, knockd: slowStarts },
    latency: { ours: [{ openings }], cap: [{ openings }], knockd: [{ openings }], nftables: [{ openings }] },
    budget: { ours: [{ openings }] },
    flood: { ours: floods, cap: floods, knockd: floods, nftables: floods },
    packets: { ours: (quick ? [1, 64] : [1, 10, 64]).map((keys) => ({ keys, rate: 15_000, limitMs })) },
    memoryUse: { ours: memory, cap: memory, knockd: memory },
    cpuOfFlood: { ours: cpu, cap: cpu, knockd: slowCpu },
    cpuOfUnwatched: { ours: unwatched, knockd: unwatched },
    openings: {
      ours: [{ rates: quick ? [2000, 4000] : [2000, 4000, 6000, 8000], seconds }],
      knockd: [{ rates: quick ? [50, 100] : [50, 100, 150, 200, 300], seconds }],
      nftables: [{ rates: [20_000], seconds }],
    },
    knockAtMany: { ours: many, knockd: many, nftables: many },
    scans: { ours: scans, knockd: scans, nftables: scans },
  };
}
