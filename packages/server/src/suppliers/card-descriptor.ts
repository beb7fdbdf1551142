// suppliers/card-descriptor.ts: takes from what a card network prints whatever is not the merchant's name: the processor
// in front, order codes, shop numbers, telephone numbers, the place at the end. Pure; must not look anything up.
// What it leaves relates purchases to each other. It identifies nobody: a registered descriptor is compared as it stands.
import { parse } from 'tldts';

/** In front of `*`: who passes the payment on for the merchant named behind it. */
const PROCESSORS = new Set(
  `sq,gosq,sqc,tst,toast,paypal,pp,pypl,sp,shopify,iz,izettle,zettle,ztl,sumup,su,fs,fastspring,paddle,paddle.net,2co,2co.com,2checkout,
  stripe,st,py,pyo,wpy,wepay,clv,clover,cko,ls,lightspeed,in,intuit,qb,int,eb,eventbrite,ev,etsy,etsy.com,ebay,klarna,afterpay,adyen,mollie,stk,
  gpay,apl,bill,bill.com,bt,braintree,nyx,wix,sqsp,sp+aff,affirm,kk,gumroad,gumrd.com,patreon,chargebee,moneris,zlr,ztd,mb,mbo,mindbody,
  pay,payu,rzp,razorpay,mpago,mercadopago,ipy,dd,doordash,grubhub,skip,tm,ticketmaster,vzwrlss,d j,wl,worldline,wp,worldpay,ccv,sezzle,bpoint`
    .split(',')
    .map((name) => name.trim()),
);

/** Short names that networks print for a merchant, with what the merchant is called. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  amzn: 'amazon',
  amz: 'amazon',
  msft: 'microsoft',
  facebk: 'facebook',
  fb: 'facebook',
  wm: 'walmart',
  dnh: 'godaddy',
  adobesystems: 'adobe',
  cdn: 'canadian',
  intl: 'international',
  univ: 'university',
};

/** What stands before a shop's number, or where the payment was taken, and says nothing of who took it. */
const SHOP_WORDS = new Set(
  'store str shop unit loc location branch outlet site terminal no nr num number qps pos ecom mktp mktplace marketplace pmts pymt payment payments purchase recurring autopay subscr subscription bill onlinebill order ref inv invoice'.split(
    ' ',
  ),
);

const REGIONS = new Set(
  `al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn tx ut vt va wa wv wi wy dc
  ab bc mb nb nl ns on pe qc sk yt nt nu gb uk us usa can fr es it nl be ch at ie lu se no dk fi pl au nz jp sg hk gbr deu fra irl nld aus`.split(
    /\s+/,
  ),
);

const CITIES = new Set(
  `toronto,mississauga,markham,scarborough,etobicoke,north york,northyork,ottawa,hamilton,london,vaughan,brampton,oakville,burlington,richmond hill,concord,
  woodbridge,pickering,ajax,oshawa,kitchener,waterloo,guelph,barrie,montreal,vancouver,calgary,edmonton,winnipeg,halifax,quebec,victoria,new york,brooklyn,
  san francisco,los angeles,chicago,boston,seattle,oakland,san jose,palo alto,mountain view,austin,dallas,houston,miami,atlanta,denver,phoenix,philadelphia,
  washington,las vegas,portland,san diego,paris,lyon,berlin,munich,munchen,hamburg,frankfurt,koln,amsterdam,rotterdam,brussels,madrid,barcelona,milano,milan,roma,rome,
  wien,vienna,zurich,geneva,dublin,manchester,birmingham,leeds,glasgow,edinburgh,sydney,melbourne,brisbane,auckland,singapore,hong kong,tokyo,stockholm,oslo,
  copenhagen,helsinki,warszawa,warsaw,praha,prague,budapest,lisboa,lisbon,luxembourg`
    .split(',')
    .map((city) => city.trim()),
);

/** Whether it is written as networks write descriptors, and not as an id. */
export function looksPrinted(text: string): boolean {
  return /[\s*#]/.test(text);
}

/** The words that may name the merchant, in order; `text` is a skeleton. Never empty unless the text has no letter or digit. */
export function merchantWords(text: string): string[] {
  const words = withoutNumbers(behindProcessor(text)).flatMap(wordsOf);
  const named = words.filter((word, at) => !isCode(word, at, words));
  const told = named.filter((word, at) => at === 0 || !SHOP_WORDS.has(word));
  const placed = withoutPlace(told.length > 0 ? told : words);
  return placed.map((word) => (Object.hasOwn(SHORT_NAMES, word) ? (SHORT_NAMES[word] ?? word) : word));
}

/** The chunks between spaces, from behind the processor on, or up to the order code behind the merchant. */
function behindProcessor(text: string): string[] {
  let rest = text.trim().replace(/^(pos debit|checkcard|pos)\s+(?=\S+\s)/, '');
  for (let depth = 0; depth < 2; depth += 1) {
    const star = rest.indexOf('*');
    if (star <= 0) break;
    const [front, behind] = [rest.slice(0, star).trim(), rest.slice(star + 1).trim()];
    if (isProcessor(front) && /\p{L}{2}/u.test(behind)) {
      rest = behind;
      continue;
    }
    const chunks = front.split(/\s+/);
    const first = chunks[0]?.split('.')[0] ?? '';
    const code = behind.split(/\s+/)[0] ?? '';
    if (behind === '') return chunks;
    if (!OWN_ORDERS.has(first) && !isOrderCode(code)) return [...chunks, ...behind.split(/\s+/)];
    // `amzn mktp ca`: the shop's country goes with the order's code.
    return chunks.length > 1 && REGIONS.has(chunks.at(-1) ?? '') ? chunks.slice(0, -1) : chunks;
  }
  const dash = /^(tst|sq|sp|pp)\s*-\s*(?=\p{L}{3})/u.exec(rest);
  if (dash !== null) rest = rest.slice(dash[0].length);
  return rest.replace(/^\*+/, '').split(/[\s*]+/);
}

/** Merchants that print what was bought behind `*`. */
const OWN_ORDERS = new Set(
  'amzn,amazon,amz,uber,lyft,google,apple,msft,microsoft,facebk,facebook,linkedin,airbnb,adobe,dnh,godaddy,expedia,spotify,netflix,steam'.split(
    ',',
  ),
);

function isProcessor(front: string): boolean {
  return PROCESSORS.has(front) || PROCESSORS.has(front.replaceAll(/[^a-z]/g, ''));
}

/** Telephone numbers and what stands behind `#` go before the words are cut: their parts look like nothing. */
function withoutNumbers(chunks: readonly string[]): string[] {
  const kept: string[] = [];
  for (const [at, chunk] of chunks.entries()) {
    if (chunk === '') continue;
    if (chunk.startsWith('#') && (kept.length > 0 || chunks.length > at + 1)) continue;
    if (/^\(?\+?[\d().-]{7,}$/.test(chunk) && kept.length > 0) continue;
    kept.push(chunk.replace(/#.*$/, '') || chunk);
  }
  return kept;
}

/** A host is one word, the name that was registered: `www.amazon.co.uk` is `amazon`. */
export function wordsOf(chunk: string): string[] {
  const host = /^(?:https?:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:\/\S*)?$/.exec(chunk)?.[1];
  if (host !== undefined && !/^(?:[a-z]\.)+[a-z]?$/.test(host)) {
    const { domainWithoutSuffix, isIcann } = parse(host);
    if (isIcann === true && domainWithoutSuffix !== null && domainWithoutSuffix !== '')
      return [domainWithoutSuffix];
  }
  return splitWords(chunk);
}

/** Letters and digits; `a.b.c.` and `l'oreal` are one word each. */
function splitWords(text: string): string[] {
  return (
    text
      .replaceAll(/(?<=(?:^|[^\p{L}\p{N}])\p{L})\.(?=\p{L}(?:[^\p{L}\p{N}]|$))/gu, '')
      .replaceAll(/(?<=\p{L})['’`´?](?=\p{L})/gu, '')
      .replaceAll(/[&+]/g, ' and ')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

function isCode(word: string, at: number, words: readonly string[]): boolean {
  if (at === 0 && words.length > 1 && /^\d{1,3}$|^\d+[a-z]+$/.test(word)) return false; // 7 eleven, 3m
  if (/^\d+$/.test(word)) return words.length > 1;
  if (/^\d+(st|nd|rd|th)$/.test(word)) return false;
  return at > 0 && /\d/.test(word) && (/\d{2}/.test(word) || /\d\p{L}+\d|\p{L}\d\p{L}/u.test(word));
}

function isOrderCode(word: string): boolean {
  return /\d/.test(word) && /^[a-z0-9-]{2,}$/.test(word);
}

/** `oakland ca` at the end is a place; `bank of montreal` is not, and a name is never only a place. */
function withoutPlace(words: readonly string[]): string[] {
  const region = words.at(-1) ?? '';
  if (words.length < 3 || !REGIONS.has(region)) return [...words];
  const [two, one] = [words.slice(-3, -1).join(' '), words.at(-2) ?? ''];
  if (words.length > 3 && CITIES.has(two)) return words.slice(0, -3);
  if (CITIES.has(one)) return words.slice(0, -2);
  return [...words];
}

/** Names of places weigh little in a comparison: `Canadian Tire Toronto` and `Toronto Hydro` share one. */
export function isPlaceWord(word: string): boolean {
  return CITIES.has(word) || PLACE_WORDS.has(word);
}

const PLACE_WORDS = new Set(
  [...CITIES]
    .flatMap((city) => (city.includes(' ') ? city.split(' ') : []))
    .concat(
      'ontario canada cda can usa america europe deutschland france uk pickering newmarket rexdale willowdale bramalea weston yorkdale fairview bayview eaton sarnia'.split(
        ' ',
      ),
    ),
);
