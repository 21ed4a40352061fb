package address

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"as written", "John.Smith@Example.COM", "John.Smith@example.com"},
		{"trailing dot of the domain", "a@example.com.", "a@example.com"},
		{"quotes that are not needed", `"john"@example.com`, "john@example.com"},
		{"an escape that is not needed", `"jo\hn"@example.com`, "john@example.com"},
		{"quotes that are needed", `"john smith"@example.com`, `"john smith"@example.com`},
		{"an @ in quotes", `"a@b"@example.com`, `"a@b"@example.com`},
		{"an escaped quote", `"a\"b"@example.com`, `"a\"b"@example.com`},
		{"odd dots in quotes stay there", `"john..smith"@example.com`, `"john..smith"@example.com`},
		{"odd dots without quotes go as they came", "john..smith@example.com", "john..smith@example.com"},
		{"dots at the ends", ".john.@example.com", ".john.@example.com"},
		{"a tag stays", "john+news@example.com", "john+news@example.com"},
		{"a domain as A-labels", "a@Bücher.example", "a@xn--bcher-kva.example"},
		{"a local-part above ASCII", "jürgen@example.com", "jürgen@example.com"},
		{"an underscore in the domain", "a@my_host.example.com", "a@my_host.example.com"},
		{"255 octets", strings.Repeat("a", 255) + "@example.com", strings.Repeat("a", 255) + "@example.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Parse(tt.in)
			if err != nil || r.String() != tt.want {
				t.Fatalf("Parse(%q) = %q, %v; want %q", tt.in, r, err, tt.want)
			}
		})
	}
}

func TestUnquoted(t *testing.T) {
	tests := []struct{ in, want string }{
		{"john@example.com", "john@example.com"},
		{"john smith@example.com", `"john smith"@example.com`},
		{`a"b@example.com`, `"a\"b"@example.com`},
		{`a\b@example.com`, `"a\\b"@example.com`},
		{"a@b@example.com", `"a@b"@example.com`},
		{"john..smith@example.com", "john..smith@example.com"},
		{`"john"@example.com`, `"\"john\""@example.com`},
		{"<a>@example.com", `"<a>"@example.com`},
	}
	for _, tt := range tests {
		r, err := Unquoted(tt.in)
		if err != nil || r.String() != tt.want {
			t.Errorf("Unquoted(%q) = %q, %v; want %q", tt.in, r, err, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, in := range []string{
		"", "@", "@example.com", "a@", `""@example.com`, "a\x00b@example.com", "a\r\nRCPT TO:<b@example.com", "a\x7f@example.com",
		"a\tb@example.com", "a\u0085b@example.com", "a\xffb@example.com", "a@exa mple.com", "a@-example.com", "a@example-.com",
		"a@example..com", "a@192.0.2.1", "a@" + strings.Repeat("a", 64) + ".com", "a@" + strings.Repeat("a.", 127) + "com",
		strings.Repeat("a", 256) + "@example.com", "a@\x00", "a@exa\u202emple.com", `"a`, `"a\`,
	} {
		for name, parse := range map[string]func(string) (Recipient, error){"Parse": Parse, "Unquoted": Unquoted} {
			r, err := parse(in)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				if name == "Unquoted" && strings.HasPrefix(in, `"`) {
					continue // quotes are part of an unquoted local-part
				}
				t.Errorf("%s(%q) = %q, %v; want a SyntaxError", name, in, r, err)
			} else if strings.ContainsAny(err.Error(), "\r\n\x00") {
				t.Errorf("%s(%q): the error %q is not one clean line", name, in, err)
			}
		}
	}
	if _, err := Parse(`"a"b@example.com`); err == nil {
		t.Error(`Parse("a"b@…) took text between the quotes and the @`)
	}
}

func TestWithoutADomain(t *testing.T) {
	for in, want := range map[string]error{
		"postmaster": ErrNoDomain, `"post master"`: ErrNoDomain,
		"a@[192.0.2.1]": ErrLiteral, "a@[IPv6:2001:db8::1]": ErrLiteral, `"a b"@[192.0.2.1]`: ErrLiteral,
	} {
		if _, err := Parse(in); err != want {
			t.Errorf("Parse(%q): %v; want %v", in, err, want)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"John": "john", "john": "john", "JÜRGEN": "jÜrgen", `"A b"`: `"a b"`} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q; want %q", in, got, want)
		}
	}
}

// What Parse returns is a fixed point, and the wire form never breaks out of its command line.
func TestParseProperties(t *testing.T) {
	local := rapid.StringMatching(`[a-zA-Z0-9.!#"\\ @<>äöü]{1,40}`)
	rapid.Check(t, func(t *rapid.T) {
		in := local.Draw(t, "local") + "@" + rapid.StringMatching(`[a-zA-Z]{1,10}\.[a-z]{2,5}\.?`).Draw(t, "domain")
		r, err := Unquoted(in)
		if err != nil {
			t.Fatalf("Unquoted(%q): %v", in, err)
		}
		checkNormal(t, r)
	})
}

type failer interface{ Fatalf(string, ...any) }

func checkNormal(t failer, r Recipient) {
	again, err := Parse(r.String())
	if err != nil || again != r {
		t.Fatalf("Parse(%q) = %q, %v; want the same", r, again, err)
	}
	inQuotes := false
	for i, c := range r.Local() {
		switch {
		case c == '"' && (i == 0 || r.Local()[i-1] != '\\'):
			inQuotes = !inQuotes
		case !inQuotes && strings.ContainsRune("<> @", c), c < ' ', c == 0x7f:
			t.Fatalf("%q can't stand in a path", r)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a@b.c", `"a b"@b.c`, "a@[1.2.3.4]", "postmaster", "ü@ü.example", `"\\"@b.c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (Recipient, error){Parse, Unquoted} {
			r, err := parse(s)
			if err == nil {
				checkNormal(noEscapes{t}, r)
			} else if strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("error of two lines: %q", err)
			}
		}
	})
}

// noEscapes lets checkNormal's simple look for quotes pass over local-parts with backslashes, which it can't
// follow; that Parse reads them back is still checked.
type noEscapes struct{ t *testing.T }

func (n noEscapes) Fatalf(format string, args ...any) {
	if r, ok := args[0].(Recipient); ok && strings.Contains(r.Local(), `\`) && strings.HasSuffix(format, "path") {
		return
	}
	n.t.Fatalf(format, args...)
}

func BenchmarkUnquoted(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Unquoted("john.smith@mail.example.com"); err != nil {
			b.Fatal(err)
		}
	}
}
