import { readTraffic } from '/work/main/bench/splits/traffic.ts';
import { prepare, groupsOf, allFlags } from '/work/main/bench/splits/replay.ts';
import { DEFAULT_RELATION_SETTINGS } from '/work/main/packages/core/src/index.ts';
const t0=Date.now();
const traffic = await readTraffic(undefined);
console.log(traffic.length, Date.now()-t0);
const prepared = traffic.map(prepare);
console.log('prepared', Date.now()-t0);
const groups = groupsOf(prepared);
console.log('groups', groups.size, Date.now()-t0);
for (const lim of [300000n, 339000n]) {
const flags = allFlags(groups, {settings: DEFAULT_RELATION_SETTINGS, threshold: {amountMinor: lim, currency:'CAD'}});
console.log(lim, flags.length, Date.now()-t0);
const by:any={}; for(const f of flags){const k=[...f.reasons].sort().join('+'); by[k]=(by[k]??0)+1;}
console.log(by);
}
