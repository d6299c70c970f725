// SPDX-License-Identifier: MIT
// "..." % values, str.format and strftime.
#include "runtime/text/jinja/context.h"
#include "runtime/text/jinja/strings.h"
#include "runtime/text/number.h"

namespace thimble::jinja {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One conversion: %[(name)][flags][width][.precision]type or {:[fill align][sign][0][width][,][.precision][type]}.
struct Spec {
    char fill[4] = {' '};
    uint8_t fill_size = 1;
    char align = '\0';  // < > ^ =
    char sign = '\0';   // + or space
    bool zero = false, alternate = false, comma = false;
    unsigned width = 0;
    int precision = -1;
    char type = '\0';
};

bool pad(Context& c, Output* o, const Spec& s, Str sign, Str body, char default_align) {
    const size_t n = count_chars(body) + sign.size;
    size_t gap = s.width > n ? s.width - n : 0;
    const char align = s.align ? s.align : s.zero ? '=' : default_align;
    const Str fill = s.zero && !s.align ? Str("0") : Str(s.fill, s.fill_size);
    const auto put = [&](size_t count) {
        for (size_t i = 0; i < count; ++i)
            if (!c.emit_to(o, fill)) return false;
        return true;
    };
    const size_t before = align == '>' ? gap : align == '^' ? gap / 2 : 0;
    const size_t inner = align == '=' ? gap : 0;
    return put(before) && c.emit_to(o, sign) && put(inner) && c.emit_to(o, body) && put(gap - before - inner);
}

size_t to_base(uint64_t v, unsigned base, bool upper, char* out) {
    char t[64];
    size_t n = 0, at = 0;
    const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    do {
        t[n++] = digits[v % base];
        v /= base;
    } while (v);
    while (n) out[at++] = t[--n];
    return at;
}

bool format_integer(Context& c, Output* o, const Spec& s, int64_t v) {
    char t[96];
    size_t n = 0;
    const unsigned base = s.type == 'x' || s.type == 'X' ? 16 : s.type == 'o' ? 8 : s.type == 'b' ? 2 : 10;
    const uint64_t u = v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v);
    char sign[4];
    size_t signs = 0;
    if (v < 0)
        sign[signs++] = '-';
    else if (s.sign)
        sign[signs++] = s.sign;
    if (s.alternate && base != 10) sign[signs++] = '0', sign[signs++] = s.type;
    n = to_base(u, base, s.type == 'X', t);
    if (s.comma) {
        char g[96];
        size_t at = 0;
        for (size_t i = 0; i < n; ++i) {
            if (i && (n - i) % 3 == 0) g[at++] = ',';
            g[at++] = t[i];
        }
        memcpy(t, g, n = at);
    }
    return pad(c, o, s, Str(sign, signs), Str(t, n), '>');
}

// %e and %g come from the digits of the shortest text only when those suffice; templates use %f.
bool format_real(Context& c, Output* o, const Spec& s, double v) {
    char t[kFixedText + 160];
    size_t n;
    if (s.type == 'f' || s.type == 'F' || s.type == '%')
        n = format_fixed(s.type == '%' ? v * 100 : v, s.precision < 0 ? 6u : static_cast<unsigned>(s.precision), t);
    else if (s.type == '\0' && s.precision < 0)
        n = format_double(v, t);
    else
        return c.error("the number format '", s.type ? s.type : 'g', "' is not known here");
    Str sign;
    Str body(t, n);
    if (n && t[0] == '-')
        sign = Str("-"), body = Str(t + 1, n - 1);
    else if (s.sign)
        sign = Str(&s.sign, 1);
    char g[kFixedText + 320];
    if (s.comma) {
        size_t whole = 0, at = 0;
        while (whole < body.size && is_digit(body.data[whole])) ++whole;
        for (size_t i = 0; i < body.size; ++i) {
            if (i && i < whole && (whole - i) % 3 == 0) g[at++] = ',';
            g[at++] = body.data[i];
        }
        body = Str(g, at);
    }
    if (s.type == '%') {
        memmove(g, body.data, body.size);
        g[body.size] = '%';
        body = Str(g, body.size + 1);
    }
    return pad(c, o, s, sign, body, '>');
}

bool format_text(Context& c, Output* o, const Spec& s, Str text) {
    if (s.precision >= 0) text.size = char_offset(text, static_cast<size_t>(s.precision));
    return pad(c, o, s, Str(), text, '<');
}

bool percent_value(Context& c, Output* o, Spec s, const Value& v) {
    Output text;
    switch (s.type) {
        case 's':
        case 'r':
        case 'a':
            if (!(s.type == 's' ? write_str(c, &text, v) : write_repr(c, &text, v))) return false;
            if (!s.align) s.align = '>';
            return format_text(c, o, s, Str(text.data, static_cast<size_t>(text.size)));
        case 'd':
        case 'i':
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            if (v.undefined()) return undefined_error(c, v);
            if (!v.numeric()) return c.error("%", s.type, " format: a real number is required, not ", type_name(v));
            if (!v.integral() && !(v.number > -9.2e18 && v.number < 9.2e18))
                return c.error("the number does not fit 64 bits");
            return format_integer(c, o, s, v.integral() ? v.as_int() : static_cast<int64_t>(v.number));
        case 'f':
        case 'F':
        case 'e':
        case 'E':
        case 'g':
        case 'G':
            if (v.undefined()) return undefined_error(c, v);
            if (!v.numeric()) return c.error("must be real number, not ", type_name(v));
            return format_real(c, o, s, v.as_double());
        case 'c':
            if (v.string() && count_chars(v.str()) == 1) return format_text(c, o, s, v.str());
            return c.error("%c requires int or char");
        default: return c.error("unsupported format character '", s.type, "'");
    }
}

unsigned read_number(Str f, size_t* i) {
    unsigned v = 0;
    for (; *i < f.size && is_digit(f.data[*i]); ++*i)
        if (v < 100000) v = v * 10 + static_cast<unsigned>(f.data[*i] - '0');
    return v;
}

bool parse_format_spec(Context& c, Str f, Spec* s) {
    size_t i = 0;
    const auto is_align = [](char ch) { return ch == '<' || ch == '>' || ch == '^' || ch == '='; };
    const size_t first = f.size ? utf8_size(f.data[0]) : 0;
    if (first && first < f.size && is_align(f.data[first])) {
        memcpy(s->fill, f.data, first);
        s->fill_size = static_cast<uint8_t>(first);
        s->align = f.data[first];
        i = first + 1;
    } else if (f.size && is_align(f.data[0])) {
        s->align = f.data[0];
        i = 1;
    }
    if (i < f.size && (f.data[i] == '+' || f.data[i] == ' ' || f.data[i] == '-'))
        s->sign = f.data[i] == '-' ? '\0' : f.data[i], ++i;
    if (i < f.size && f.data[i] == '#') s->alternate = true, ++i;
    if (i < f.size && f.data[i] == '0') s->zero = true, ++i;
    s->width = read_number(f, &i);
    if (i < f.size && f.data[i] == ',') s->comma = true, ++i;
    if (i < f.size && f.data[i] == '.') {
        ++i;
        s->precision = static_cast<int>(read_number(f, &i));
    }
    if (i < f.size) s->type = f.data[i++];
    return i == f.size || c.error("Invalid format specifier");
}

bool format_value(Context& c, Output* o, const Value& v, Str spec) {
    Spec s;
    if (!parse_format_spec(c, spec, &s)) return false;
    if (v.string() || spec.size == 0) {
        Str text;
        if (s.type && s.type != 's') return c.error("Unknown format code '", s.type, "' for object of type 'str'");
        return to_text(c, v, &text) && format_text(c, o, s, text);
    }
    if (!v.numeric()) return c.error("unsupported format string passed to ", type_name(v), ".__format__");
    if (v.is(Kind::kFloat) || s.type == 'f' || s.type == 'F' || s.type == '%' || s.type == 'e' || s.type == 'g')
        return format_real(c, o, s, v.as_double());
    if (s.type && !strchr("dxXobn", s.type))
        return c.error("Unknown format code '", s.type, "' for object of type 'int'");
    return format_integer(c, o, s, v.as_int());
}

// The argument named by a replacement field: "", "0", "name", each with .attribute or [key] behind it.
bool field_value(Context& c, Str field, const Args& args, uint32_t* next, Value* out) {
    size_t n = 0;
    while (n < field.size && field.data[n] != '.' && field.data[n] != '[') ++n;
    const Str head(field.data, n);
    int64_t index = -1;
    bool found = false;
    if (n == 0) index = (*next)++;
    if (n == 0 || (is_digit(head.data[0]) && parse_int(head, &index))) {
        if (index >= args.count) return c.error("Replacement index ", index, " out of range for positional args tuple");
        *out = args.items[index];
    } else {
        for (uint32_t i = 0; i < args.named; ++i)
            if (args.names[i] == head) *out = args.values[i], found = true;
        if (!found) return c.error("'", head, "'");
    }
    while (n < field.size) {
        const bool bracket = field.data[n++] == '[';
        const size_t from = n;
        while (n < field.size && (bracket ? field.data[n] != ']' : field.data[n] != '.' && field.data[n] != '[')) ++n;
        const Str part(field.data + from, n - from);
        if (bracket) {
            if (n == field.size) return c.error("Missing ']' in format string");
            ++n;
        }
        const Value self = *out;
        if (bracket && part.size && is_digit(part.data[0]) && parse_int(part, &index)) {
            if (!subscript(c, self, integer(index), out)) return false;
        } else if (!(bracket ? subscript(c, self, string(part), out) : attribute(c, self, part, out))) {
            return false;
        }
    }
    return true;
}

constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                   "July",    "August",   "September", "October", "November", "December"};

struct Date {
    int64_t year;
    int month, day, hour, minute, second, weekday, yearday;  // month and yearday from 0, weekday from Sunday
};

// Days since 1970 to year, month and day of the Gregorian calendar, by cycles of 400 years that begin in March.
Date civil(int64_t unix_seconds) {
    int64_t days = unix_seconds / 86400, rest = unix_seconds % 86400;
    if (rest < 0) rest += 86400, --days;
    Date d;
    d.hour = static_cast<int>(rest / 3600);
    d.minute = static_cast<int>(rest / 60 % 60);
    d.second = static_cast<int>(rest % 60);
    d.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
    const int64_t shifted = days + 719468;  // from 0000-03-01
    const int64_t cycle = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t in_cycle = shifted - cycle * 146097;
    const int64_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    const int64_t in_year = in_cycle - (365 * year + year / 4 - year / 100);
    const int64_t month = (5 * in_year + 2) / 153;
    d.day = static_cast<int>(in_year - (153 * month + 2) / 5 + 1);
    d.month = static_cast<int>(month < 10 ? month + 2 : month - 10);
    d.year = year + cycle * 400 + (d.month < 2);
    static constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
    d.yearday = kBefore[d.month] + d.day - 1 + (leap && d.month > 1);
    return d;
}

struct TimeWriter {
    Context& c;
    Output* o;
    Date d;

    bool digits(int64_t v, unsigned width, char fill = '0') {
        char t[20], p[20];
        const size_t n = format_int(v, t);
        size_t at = 0;
        while (at + n < width) p[at++] = fill;
        memcpy(p + at, t, n);
        return c.emit_to(o, Str(p, at + n));
    }
    bool all(const char* format) {
        for (; *format; ++format)
            if (*format == '%' ? !one(*++format) : !c.emit_to(o, *format)) return false;
        return true;
    }
    // ISO 8601: week 1 holds the year's first Thursday.
    int64_t iso_week(int64_t* year) const {
        const int monday = (d.weekday + 6) % 7;
        int64_t week = (d.yearday - monday + 10) / 7;
        const auto long_year = [](int64_t y) {
            const auto p = [](int64_t v) { return (v + v / 4 - v / 100 + v / 400) % 7; };
            return p(y) == 4 || p(y - 1) == 3;
        };
        *year = d.year;
        if (week < 1) return *year = d.year - 1, long_year(d.year - 1) ? 53 : 52;
        if (week == 53 && !long_year(d.year)) return *year = d.year + 1, 1;
        return week;
    }
    bool one(char f) {
        const int hour12 = d.hour % 12 == 0 ? 12 : d.hour % 12;
        int64_t iso_year;
        switch (f) {
            case 'a': return c.emit_to(o, Str(kDays[d.weekday], 3));
            case 'A': return c.emit_to(o, kDays[d.weekday]);
            case 'b':
            case 'h': return c.emit_to(o, Str(kMonths[d.month], 3));
            case 'B': return c.emit_to(o, kMonths[d.month]);
            case 'c': return all("%a %b %e %H:%M:%S %Y");
            case 'C': return digits(d.year / 100, 2);
            case 'd': return digits(d.day, 2);
            case 'D':
            case 'x': return all("%m/%d/%y");
            case 'e': return digits(d.day, 2, ' ');
            case 'f': return c.emit_to(o, "000000");
            case 'F': return all("%Y-%m-%d");
            case 'g': return iso_week(&iso_year), digits(iso_year % 100, 2);
            case 'G': return iso_week(&iso_year), digits(iso_year, 4);
            case 'H': return digits(d.hour, 2);
            case 'I': return digits(hour12, 2);
            case 'j': return digits(d.yearday + 1, 3);
            case 'k': return digits(d.hour, 2, ' ');
            case 'l': return digits(hour12, 2, ' ');
            case 'm': return digits(d.month + 1, 2);
            case 'M': return digits(d.minute, 2);
            case 'n': return c.emit_to(o, '\n');
            case 'p': return c.emit_to(o, d.hour < 12 ? "AM" : "PM");
            case 'P': return c.emit_to(o, d.hour < 12 ? "am" : "pm");
            case 'r': return all("%I:%M:%S %p");
            case 'R': return all("%H:%M");
            case 's': return digits(c.now, 1);
            case 'S': return digits(d.second, 2);
            case 't': return c.emit_to(o, '\t');
            case 'T':
            case 'X': return all("%H:%M:%S");
            case 'u': return digits(d.weekday ? d.weekday : 7, 1);
            case 'U': return digits((d.yearday + 7 - d.weekday) / 7, 2);
            case 'V': return digits(iso_week(&iso_year), 2);
            case 'w': return digits(d.weekday, 1);
            case 'W': return digits((d.yearday + 7 - (d.weekday + 6) % 7) / 7, 2);
            case 'y': return digits(d.year % 100, 2);
            case 'Y': return digits(d.year, 1);
            case 'z':
            case 'Z': return true;  // a naive datetime has no zone
            case '%': return c.emit_to(o, '%');
            default: {
                const char pair[2] = {'%', f};
                return c.emit_to(o, Str(pair, 2));
            }
        }
    }
};

}  // namespace

bool format_percent(Context& c, const Value& format, const Value& args, Value* out) {
    const Str f = format.str();
    const bool tuple = args.is(Kind::kTuple);
    uint32_t used = 0;
    bool named = false;
    Output o;
    size_t plain = 0;
    for (size_t i = 0; i < f.size;) {
        if (f.data[i] != '%') {
            ++i;
            continue;
        }
        if (!c.emit_to(&o, Str(f.data + plain, i - plain))) return false;
        ++i;
        Spec s;
        Str name;
        bool has_name = false;
        if (i < f.size && f.data[i] == '(') {
            const size_t from = ++i;
            while (i < f.size && f.data[i] != ')') ++i;
            if (i == f.size) return c.error("incomplete format key");
            name = Str(f.data + from, i++ - from);
            has_name = named = true;
        }
        for (; i < f.size && strchr("-+ 0#", f.data[i]) && f.data[i]; ++i) {
            if (f.data[i] == '-')
                s.align = '<';
            else if (f.data[i] == '0')
                s.zero = true;
            else if (f.data[i] == '#')
                s.alternate = true;
            else if (s.sign != '+')
                s.sign = f.data[i];
        }
        s.width = read_number(f, &i);
        if (i < f.size && f.data[i] == '.') {
            ++i;
            s.precision = static_cast<int>(read_number(f, &i));
        }
        if (i == f.size) return c.error("incomplete format");
        s.type = f.data[i++];
        plain = i;
        if (s.type == '%') {
            if (!c.emit_to(&o, '%')) return false;
            continue;
        }
        Value v;
        if (has_name) {
            if (!args.is(Kind::kDict)) return c.error("format requires a mapping");
            const Value* found = dict_find_name(args.dict, name);
            if (!found) return c.error("'", name, "'");
            v = *found;
        } else if (tuple) {
            if (used == args.list->count) return c.error("not enough arguments for format string");
            v = args.list->items[used++];
        } else {
            if (used++) return c.error("not enough arguments for format string");
            v = args;
        }
        if (!percent_value(c, &o, s, v)) return false;
    }
    if (!named && (tuple ? used < args.list->count : used == 0 && !args.is(Kind::kDict) && !args.is(Kind::kList)))
        return c.error("not all arguments converted during string formatting");
    if (!c.emit_to(&o, Str(f.data + plain, f.size - plain)) || !finish(c, o, out)) return false;
    out->tag = format.tag;
    return true;
}

bool format_braces(Context& c, Str f, const Args& args, Value* out) {
    Output o;
    uint32_t next = 0;
    for (size_t i = 0; i < f.size; ++i) {
        const char ch = f.data[i];
        if ((ch == '{' || ch == '}') && i + 1 < f.size && f.data[i + 1] == ch) {
            if (!c.emit_to(&o, ch)) return false;
            ++i;
            continue;
        }
        if (ch == '}') return c.error("Single '}' encountered in format string");
        if (ch != '{') {
            if (!c.emit_to(&o, ch)) return false;
            continue;
        }
        size_t end = i + 1, colon = SIZE_MAX, bang = SIZE_MAX;
        for (; end < f.size && f.data[end] != '}'; ++end) {
            if (f.data[end] == ':' && colon == SIZE_MAX) colon = end;
            if (f.data[end] == '!' && colon == SIZE_MAX && bang == SIZE_MAX) bang = end;
        }
        if (end == f.size) return c.error("expected '}' before end of string");
        const size_t name_end = bang < end ? bang : colon < end ? colon : end;
        const Str spec = colon < end ? Str(f.data + colon + 1, end - colon - 1) : Str();
        Value v;
        if (!field_value(c, Str(f.data + i + 1, name_end - i - 1), args, &next, &v)) return false;
        if (bang < end) {
            Output t;
            if (!(f.data[bang + 1] == 's' ? write_str(c, &t, v) : write_repr(c, &t, v)) || !finish(c, t, &v))
                return false;
        }
        if (!format_value(c, &o, v, spec)) return false;
        i = end;
    }
    return finish(c, o, out);
}

bool format_time(Context& c, Str format, Value* out) {
    Output o;
    TimeWriter w{c, &o, civil(c.now)};
    for (size_t i = 0; i < format.size; ++i) {
        if (format.data[i] != '%' || i + 1 == format.size) {
            if (!c.emit_to(&o, format.data[i])) return false;
            continue;
        }
        ++i;
        bool bare = false;  // glibc's "%-d": no padding
        if (format.data[i] == '-' && i + 1 < format.size) bare = true, ++i;
        const uint64_t from = o.size;
        if (!w.one(format.data[i])) return false;
        while (bare && o.size - from > 1 && (o.data[from] == '0' || o.data[from] == ' ')) {
            memmove(o.data + from, o.data + from + 1, static_cast<size_t>(o.size - from - 1));
            --o.size;
        }
    }
    return finish(c, o, out);
}

}  // namespace thimble::jinja
