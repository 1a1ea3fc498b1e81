//! The numbering plans of the world, as data: what `shape` and `Country` look things up in.
//!
//! Source: ITU-T E.164 (list of assigned country codes) and the national plans deposited with the ITU, for the lengths
//! of geographic, mobile and personal numbers as libphonenumber 9.0.33 sums them up. Where a plan also has longer or
//! shorter numbers that nobody writes to (machines, special services, villages), the range is that of people.

use super::prefixes;

/// One country's numbers.
#[derive(Debug)]
pub(super) struct Plan {
    /// ISO 3166, two letters (`AC`, `TA` and `XK` are reserved by it, not assigned).
    pub iso: &'static str,
    /// The country calling code.
    pub code: u16,
    /// Where countries share a code: how this one's national numbers begin, separated by spaces. Empty: any.
    pub leading: &'static str,
    /// What is dialled before a national number inside the country and dropped from abroad; may be several.
    /// North America's 1 is none of them: it is the country code itself, which does not stand there twice.
    pub trunks: &'static str,
    /// The fewest digits after the calling code.
    pub min: usize,
    /// The most digits after the calling code.
    pub max: usize,
}

const fn plan(
    iso: &'static str,
    code: u16,
    leading: &'static str,
    trunks: &'static str,
    min: usize,
    max: usize,
) -> Plan {
    Plan { iso, code, leading, trunks, min, max }
}

/// The longest country calling code.
const LONGEST_CODE: usize = 3;

impl Plan {
    /// The plan of an ISO code in upper case.
    pub fn of_country(iso: &str) -> Option<&'static Plan> {
        PLANS.iter().find(|plan| plan.iso == iso)
    }

    /// Splits digits into calling code and national number. Calling codes are prefix-free, so there is one way.
    pub fn of_digits(digits: &str) -> Option<(&'static Plan, &str)> {
        match prefixes::plan_of(digits) {
            Some(plan) => plan.and_then(|plan| Some((plan, digits.get(plan.code.ilog10() as usize + 1..)?))),
            None => Plan::searched(digits),
        }
    }

    /// The same plan by going through all of them.
    pub fn searched(digits: &str) -> Option<(&'static Plan, &str)> {
        (1..=LONGEST_CODE.min(digits.len())).find_map(|length| {
            let (code, national) = digits.split_at(length);
            let plan = Plan::of_code(code.parse().ok()?, national)?;
            (!code.starts_with('0')).then_some((plan, national))
        })
    }

    fn of_code(code: u16, national: &str) -> Option<&'static Plan> {
        let start = PLANS.partition_point(|plan| plan.code < code);
        PLANS[start..].iter().take_while(|plan| plan.code == code).find(|plan| plan.leads(national))
    }

    /// Whether a national number may be one of this country's by how it begins.
    pub fn leads(&self, national: &str) -> bool {
        self.leading.is_empty() || self.leading.split(' ').any(|prefix| national.starts_with(prefix))
    }
}

/// Canada's area codes; what is left of +1 is the United States.
const CANADA: &str = "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 403 416 418 428 431 \
    437 438 450 468 474 506 514 519 548 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 \
    782 807 819 825 867 873 879 902 905 942";

/// Sorted by code; of the countries that share one, those told by their leading digits come first.
pub(super) static PLANS: &[Plan] = &[
    plan("AG", 1, "268", "", 10, 10),
    plan("AI", 1, "264", "", 10, 10),
    plan("AS", 1, "684", "", 10, 10),
    plan("BB", 1, "246", "", 10, 10),
    plan("BM", 1, "441", "", 10, 10),
    plan("BS", 1, "242", "", 10, 10),
    plan("CA", 1, CANADA, "", 10, 10),
    plan("DM", 1, "767", "", 10, 10),
    plan("DO", 1, "809 829 849", "", 10, 10),
    plan("GD", 1, "473", "", 10, 10),
    plan("GU", 1, "671", "", 10, 10),
    plan("JM", 1, "658 876", "", 10, 10),
    plan("KN", 1, "869", "", 10, 10),
    plan("KY", 1, "345", "", 10, 10),
    plan("LC", 1, "758", "", 10, 10),
    plan("MP", 1, "670", "", 10, 10),
    plan("MS", 1, "664", "", 10, 10),
    plan("PR", 1, "787 939", "", 10, 10),
    plan("SX", 1, "721", "", 10, 10),
    plan("TC", 1, "649", "", 10, 10),
    plan("TT", 1, "868", "", 10, 10),
    plan("VC", 1, "784", "", 10, 10),
    plan("VG", 1, "284", "", 10, 10),
    plan("VI", 1, "340", "", 10, 10),
    plan("US", 1, "", "", 10, 10),
    plan("KZ", 7, "7", "8", 10, 10),
    plan("RU", 7, "", "8", 10, 10),
    plan("EG", 20, "", "0", 8, 10),
    plan("ZA", 27, "", "0", 9, 9),
    plan("GR", 30, "", "", 10, 10),
    plan("NL", 31, "", "0", 9, 9),
    plan("BE", 32, "", "0", 8, 9),
    plan("FR", 33, "", "0", 9, 9),
    plan("ES", 34, "", "", 9, 9),
    plan("HU", 36, "", "06", 8, 9),
    plan("VA", 39, "06698", "", 6, 11),
    plan("IT", 39, "", "", 6, 11),
    plan("RO", 40, "", "0", 9, 9),
    plan("CH", 41, "", "0", 9, 9),
    plan("AT", 43, "", "0", 6, 11),
    plan("GG", 44, "1481 7781 7839 79111 79117", "0", 10, 10),
    plan("IM", 44, "1624 7524 7624 74576", "0", 10, 10),
    plan("JE", 44, "1534 7509 7797 7829 7937 77003 77007 77008", "0", 10, 10),
    plan("GB", 44, "", "0", 9, 10),
    plan("DK", 45, "", "", 8, 8),
    plan("SE", 46, "", "0", 7, 9),
    plan("SJ", 47, "79", "", 8, 8),
    plan("NO", 47, "", "", 8, 8),
    plan("PL", 48, "", "", 9, 9),
    plan("DE", 49, "", "0", 6, 11),
    plan("PE", 51, "", "0", 8, 9),
    plan("MX", 52, "", "01 044 045", 10, 11),
    plan("CU", 53, "", "0", 8, 8),
    plan("AR", 54, "", "0", 10, 11),
    plan("BR", 55, "", "0", 10, 11),
    plan("CL", 56, "", "", 9, 9),
    plan("CO", 57, "", "0", 8, 10),
    plan("VE", 58, "", "0", 10, 10),
    plan("MY", 60, "", "0", 8, 10),
    plan("CC", 61, "89162", "0", 9, 9),
    plan("CX", 61, "89164", "0", 9, 9),
    plan("AU", 61, "", "0", 9, 9),
    plan("ID", 62, "", "0", 8, 12),
    plan("PH", 63, "", "0", 8, 10),
    plan("NZ", 64, "", "0", 8, 10),
    plan("SG", 65, "", "", 8, 8),
    plan("TH", 66, "", "0", 8, 9),
    plan("JP", 81, "", "0", 9, 10),
    plan("KR", 82, "", "0", 8, 10),
    plan("VN", 84, "", "0", 9, 10),
    plan("CN", 86, "", "0", 10, 11),
    plan("TR", 90, "", "0", 10, 10),
    plan("IN", 91, "", "0", 10, 10),
    plan("PK", 92, "", "0", 9, 10),
    plan("AF", 93, "", "0", 9, 9),
    plan("LK", 94, "", "0", 9, 9),
    plan("MM", 95, "", "0", 7, 10),
    plan("IR", 98, "", "0", 10, 10),
    plan("SS", 211, "", "0", 9, 9),
    plan("EH", 212, "5288 5289", "0", 9, 9),
    plan("MA", 212, "", "0", 9, 9),
    plan("DZ", 213, "", "0", 8, 9),
    plan("TN", 216, "", "", 8, 8),
    plan("LY", 218, "", "0", 9, 9),
    plan("GM", 220, "", "", 7, 7),
    plan("SN", 221, "", "", 9, 9),
    plan("MR", 222, "", "", 8, 8),
    plan("ML", 223, "", "", 8, 8),
    plan("GN", 224, "", "", 8, 9),
    plan("CI", 225, "", "", 10, 10),
    plan("BF", 226, "", "", 8, 8),
    plan("NE", 227, "", "", 8, 8),
    plan("TG", 228, "", "", 8, 8),
    plan("BJ", 229, "", "", 8, 10),
    plan("MU", 230, "", "", 7, 8),
    plan("LR", 231, "", "0", 7, 9),
    plan("SL", 232, "", "0", 8, 8),
    plan("GH", 233, "", "0", 9, 9),
    plan("NG", 234, "", "0", 10, 10),
    plan("TD", 235, "", "", 8, 8),
    plan("CF", 236, "", "", 8, 8),
    plan("CM", 237, "", "", 9, 9),
    plan("CV", 238, "", "", 7, 7),
    plan("ST", 239, "", "", 7, 7),
    plan("GQ", 240, "", "", 9, 9),
    plan("GA", 241, "", "", 7, 8),
    plan("CG", 242, "", "", 9, 9),
    plan("CD", 243, "", "0", 7, 10),
    plan("AO", 244, "", "", 9, 9),
    plan("GW", 245, "", "", 7, 9),
    plan("IO", 246, "", "", 7, 7),
    plan("AC", 247, "", "", 5, 5),
    plan("SC", 248, "", "", 7, 7),
    plan("SD", 249, "", "0", 9, 9),
    plan("RW", 250, "", "0", 8, 9),
    plan("ET", 251, "", "0", 9, 9),
    plan("SO", 252, "", "0", 7, 9),
    plan("DJ", 253, "", "", 8, 8),
    plan("KE", 254, "", "0", 7, 9),
    plan("TZ", 255, "", "0", 9, 9),
    plan("UG", 256, "", "0", 9, 9),
    plan("BI", 257, "", "", 8, 8),
    plan("MZ", 258, "", "", 8, 9),
    plan("ZM", 260, "", "0", 9, 9),
    plan("MG", 261, "", "0", 9, 9),
    plan("YT", 262, "269 639", "0", 9, 9),
    plan("RE", 262, "", "0", 9, 9),
    plan("ZW", 263, "", "0", 8, 10),
    plan("NA", 264, "", "0", 8, 9),
    plan("MW", 265, "", "0", 7, 9),
    plan("LS", 266, "", "", 8, 8),
    plan("BW", 267, "", "", 7, 8),
    plan("SZ", 268, "", "", 8, 8),
    plan("KM", 269, "", "", 7, 7),
    plan("TA", 290, "8", "", 4, 4),
    plan("SH", 290, "", "", 4, 5),
    plan("ER", 291, "", "0", 7, 7),
    plan("AW", 297, "", "", 7, 7),
    plan("FO", 298, "", "", 6, 6),
    plan("GL", 299, "", "", 6, 6),
    plan("GI", 350, "", "", 8, 8),
    plan("PT", 351, "", "", 9, 9),
    plan("LU", 352, "", "", 6, 11),
    plan("IE", 353, "", "0", 7, 10),
    plan("IS", 354, "", "", 7, 9),
    plan("AL", 355, "", "0", 8, 9),
    plan("MT", 356, "", "", 8, 8),
    plan("CY", 357, "", "", 8, 8),
    plan("AX", 358, "18", "0", 6, 10),
    plan("FI", 358, "", "0", 6, 10),
    plan("BG", 359, "", "0", 7, 9),
    plan("LT", 370, "", "0 8", 8, 8),
    plan("LV", 371, "", "", 8, 8),
    plan("EE", 372, "", "", 7, 8),
    plan("MD", 373, "", "0", 8, 8),
    plan("AM", 374, "", "0", 8, 8),
    plan("BY", 375, "", "8", 9, 9),
    plan("AD", 376, "", "", 6, 9),
    plan("MC", 377, "", "0", 8, 9),
    plan("SM", 378, "", "", 8, 10),
    plan("UA", 380, "", "0", 9, 9),
    plan("RS", 381, "", "0", 8, 10),
    plan("ME", 382, "", "0", 8, 8),
    plan("XK", 383, "", "0", 8, 8),
    plan("HR", 385, "", "0", 8, 9),
    plan("SI", 386, "", "0", 8, 8),
    plan("BA", 387, "", "0", 8, 9),
    plan("MK", 389, "", "0", 8, 8),
    plan("CZ", 420, "", "", 9, 9),
    plan("SK", 421, "", "0", 9, 9),
    plan("LI", 423, "", "0", 7, 9),
    plan("FK", 500, "", "", 5, 5),
    plan("BZ", 501, "", "", 7, 7),
    plan("GT", 502, "", "", 8, 8),
    plan("SV", 503, "", "", 8, 8),
    plan("HN", 504, "", "", 8, 8),
    plan("NI", 505, "", "", 8, 8),
    plan("CR", 506, "", "", 8, 8),
    plan("PA", 507, "", "", 7, 8),
    plan("PM", 508, "", "0", 6, 9),
    plan("HT", 509, "", "", 8, 8),
    plan("GP", 590, "", "0", 9, 9),
    plan("BL", 590, "", "0", 9, 9),
    plan("MF", 590, "", "0", 9, 9),
    plan("BO", 591, "", "0", 8, 8),
    plan("GY", 592, "", "", 7, 7),
    plan("EC", 593, "", "0", 8, 9),
    plan("GF", 594, "", "0", 9, 9),
    plan("PY", 595, "", "0", 7, 9),
    plan("MQ", 596, "", "0", 9, 9),
    plan("SR", 597, "", "", 6, 7),
    plan("UY", 598, "", "0", 8, 8),
    plan("BQ", 599, "3 4 7", "", 7, 7),
    plan("CW", 599, "", "", 7, 8),
    plan("TL", 670, "", "", 7, 8),
    plan("NF", 672, "", "", 6, 6),
    plan("BN", 673, "", "", 7, 7),
    plan("NR", 674, "", "", 7, 7),
    plan("PG", 675, "", "", 7, 8),
    plan("TO", 676, "", "", 5, 7),
    plan("SB", 677, "", "", 5, 7),
    plan("VU", 678, "", "", 5, 7),
    plan("FJ", 679, "", "", 7, 7),
    plan("PW", 680, "", "", 7, 7),
    plan("WF", 681, "", "", 6, 6),
    plan("CK", 682, "", "", 5, 5),
    plan("NU", 683, "", "", 4, 7),
    plan("WS", 685, "", "", 5, 10),
    plan("KI", 686, "", "0", 5, 8),
    plan("NC", 687, "", "", 6, 6),
    plan("TV", 688, "", "", 5, 7),
    plan("PF", 689, "", "", 8, 8),
    plan("TK", 690, "", "", 4, 7),
    plan("FM", 691, "", "", 7, 7),
    plan("MH", 692, "", "1", 7, 7),
    plan("KP", 850, "", "0", 8, 10),
    plan("HK", 852, "", "", 8, 8),
    plan("MO", 853, "", "", 8, 8),
    plan("KH", 855, "", "0", 8, 9),
    plan("LA", 856, "", "0", 8, 10),
    plan("BD", 880, "", "0", 8, 10),
    plan("TW", 886, "", "0", 8, 9),
    plan("MV", 960, "", "", 7, 7),
    plan("LB", 961, "", "0", 7, 8),
    plan("JO", 962, "", "0", 8, 9),
    plan("SY", 963, "", "0", 8, 9),
    plan("IQ", 964, "", "0", 8, 10),
    plan("KW", 965, "", "", 8, 8),
    plan("SA", 966, "", "0", 9, 9),
    plan("YE", 967, "", "0", 7, 9),
    plan("OM", 968, "", "", 8, 8),
    plan("PS", 970, "", "0", 8, 9),
    plan("AE", 971, "", "0", 8, 9),
    plan("IL", 972, "", "0", 8, 9),
    plan("BH", 973, "", "", 8, 8),
    plan("QA", 974, "", "", 8, 8),
    plan("BT", 975, "", "", 7, 8),
    plan("MN", 976, "", "0", 8, 10),
    plan("NP", 977, "", "0", 8, 10),
    plan("TJ", 992, "", "", 9, 9),
    plan("TM", 993, "", "8", 8, 8),
    plan("AZ", 994, "", "0", 9, 9),
    plan("GE", 995, "", "0", 9, 9),
    plan("KG", 996, "", "0", 9, 9),
    plan("UZ", 998, "", "", 9, 9),
];
