// country.ts: the countries of ISO 3166-1, and the European Union's members at a date.
// Must not guess from names: only alpha-2 codes are read, and an unassigned or reserved one is unknown.

// Every officially assigned alpha-2 code; not the reserved ones (UK, EL, EU, AC, ...) nor user-assigned (XK).
// prettier-ignore
export const COUNTRY_CODES = [
  'AD', 'AE', 'AF', 'AG', 'AI', 'AL', 'AM', 'AO', 'AQ', 'AR', 'AS', 'AT', 'AU', 'AW', 'AX', 'AZ',
  'BA', 'BB', 'BD', 'BE', 'BF', 'BG', 'BH', 'BI', 'BJ', 'BL', 'BM', 'BN', 'BO', 'BQ', 'BR', 'BS', 'BT', 'BV', 'BW', 'BY', 'BZ',
  'CA', 'CC', 'CD', 'CF', 'CG', 'CH', 'CI', 'CK', 'CL', 'CM', 'CN', 'CO', 'CR', 'CU', 'CV', 'CW', 'CX', 'CY', 'CZ',
  'DE', 'DJ', 'DK', 'DM', 'DO', 'DZ',
  'EC', 'EE', 'EG', 'EH', 'ER', 'ES', 'ET',
  'FI', 'FJ', 'FK', 'FM', 'FO', 'FR',
  'GA', 'GB', 'GD', 'GE', 'GF', 'GG', 'GH', 'GI', 'GL', 'GM', 'GN', 'GP', 'GQ', 'GR', 'GS', 'GT', 'GU', 'GW', 'GY',
  'HK', 'HM', 'HN', 'HR', 'HT', 'HU',
  'ID', 'IE', 'IL', 'IM', 'IN', 'IO', 'IQ', 'IR', 'IS', 'IT',
  'JE', 'JM', 'JO', 'JP',
  'KE', 'KG', 'KH', 'KI', 'KM', 'KN', 'KP', 'KR', 'KW', 'KY', 'KZ',
  'LA', 'LB', 'LC', 'LI', 'LK', 'LR', 'LS', 'LT', 'LU', 'LV', 'LY',
  'MA', 'MC', 'MD', 'ME', 'MF', 'MG', 'MH', 'MK', 'ML', 'MM', 'MN', 'MO', 'MP', 'MQ', 'MR', 'MS', 'MT', 'MU', 'MV', 'MW', 'MX', 'MY', 'MZ',
  'NA', 'NC', 'NE', 'NF', 'NG', 'NI', 'NL', 'NO', 'NP', 'NR', 'NU', 'NZ',
  'OM',
  'PA', 'PE', 'PF', 'PG', 'PH', 'PK', 'PL', 'PM', 'PN', 'PR', 'PS', 'PT', 'PW', 'PY',
  'QA',
  'RE', 'RO', 'RS', 'RU', 'RW',
  'SA', 'SB', 'SC', 'SD', 'SE', 'SG', 'SH', 'SI', 'SJ', 'SK', 'SL', 'SM', 'SN', 'SO', 'SR', 'SS', 'ST', 'SV', 'SX', 'SY', 'SZ',
  'TC', 'TD', 'TF', 'TG', 'TH', 'TJ', 'TK', 'TL', 'TM', 'TN', 'TO', 'TR', 'TT', 'TV', 'TW', 'TZ',
  'UA', 'UG', 'UM', 'US', 'UY', 'UZ',
  'VA', 'VC', 'VE', 'VG', 'VI', 'VN', 'VU',
  'WF', 'WS',
  'YE', 'YT',
  'ZA', 'ZM', 'ZW',
] as const;

/** An ISO 3166-1 alpha-2 code in upper case. */
export type CountryCode = (typeof COUNTRY_CODES)[number];

/** What a geography list may name: a country, or the European Union as its members at the time. */
export type RegionCode = CountryCode | 'EU';

const countryByCode: ReadonlyMap<string, CountryCode> = new Map(COUNTRY_CODES.map((code) => [code, code]));

/** The day each state joined the European Union or the Communities before it (00:00 UTC). */
export const EU_MEMBERS_SINCE: ReadonlyMap<CountryCode, number> = new Map([
  ...changedOn(Date.UTC(1958, 0, 1), 'BE', 'DE', 'FR', 'IT', 'LU', 'NL'),
  ...changedOn(Date.UTC(1973, 0, 1), 'DK', 'GB', 'IE'),
  ...changedOn(Date.UTC(1981, 0, 1), 'GR'),
  ...changedOn(Date.UTC(1986, 0, 1), 'ES', 'PT'),
  ...changedOn(Date.UTC(1995, 0, 1), 'AT', 'FI', 'SE'),
  ...changedOn(Date.UTC(2004, 4, 1), 'CY', 'CZ', 'EE', 'HU', 'LT', 'LV', 'MT', 'PL', 'SI', 'SK'),
  ...changedOn(Date.UTC(2007, 0, 1), 'BG', 'RO'),
  ...changedOn(Date.UTC(2013, 6, 1), 'HR'),
]);

// First day on which a former member no longer was one (00:00 UTC).
const euMembersUntil: ReadonlyMap<CountryCode, number> = new Map(changedOn(Date.UTC(2020, 1, 1), 'GB'));

/** The country an alpha-2 code names, in any letter case; undefined for names, alpha-3 and all else. */
export function parseCountry(text: string): CountryCode | undefined {
  // Tested before folding, because folding alone would turn some letters outside ASCII into ASCII ones.
  return /^[A-Za-z]{2}$/.test(text) ? countryByCode.get(text.toUpperCase()) : undefined;
}

/** As `parseCountry`, and `EU` besides. */
export function parseRegion(text: string): RegionCode | undefined {
  return /^eu$/i.test(text) ? 'EU' : parseCountry(text);
}

/** Whether a country lies in a region at an instant. */
export function regionContains(region: RegionCode, country: CountryCode, dateMs: number): boolean {
  return region === 'EU' ? isEuMember(country, dateMs) : region === country;
}

/**
 * Whether a state is a member of the European Union at an instant, by UTC date. Territories with a code of
 * their own (RE, GF, AX, ...) are not states and not members here, whatever the treaties say of them.
 */
export function isEuMember(country: CountryCode, dateMs: number): boolean {
  const since = EU_MEMBERS_SINCE.get(country);
  if (since === undefined || !(dateMs >= since)) return false; // written so that NaN is no member
  const until = euMembersUntil.get(country);
  return until === undefined || dateMs < until;
}

function changedOn(dateMs: number, ...countries: CountryCode[]): [CountryCode, number][] {
  return countries.map((country) => [country, dateMs]);
}
