package smtpwire

import (
	"errors"
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	tests := []struct {
		name, args, keyword, path, rest string
	}{
		{"a mailbox", "FROM:<a@example.com>", "FROM", "a@example.com", ""},
		{"the keyword in small letters", "from:<a@example.com>", "FROM", "a@example.com", ""},
		{"a parameter", "FROM:<a@example.com> SIZE=1", "FROM", "a@example.com", "SIZE=1"},
		{"spaces before parameters", "TO:<a@example.com>   X=1 Y", "TO", "a@example.com", "X=1 Y"},
		{"spaces behind the path", "TO:<a@example.com>  ", "TO", "a@example.com", ""},
		{"the null reverse-path", "FROM:<>", "FROM", "", ""},
		{"the null reverse-path with a parameter", "FROM:<> BODY=8BITMIME", "FROM", "", "BODY=8BITMIME"},
		{"a space behind the colon", "TO: <a@example.com>", "TO", "a@example.com", ""},
		{"many spaces behind the colon", "TO:     <a@example.com>", "TO", "a@example.com", ""},
		{"no domain", "TO:<postmaster>", "TO", "postmaster", ""},
		{"a quoted local-part", `TO:<"a b"@example.com>`, "TO", `"a b"@example.com`, ""},
		{"> in quotes", `TO:<"a> SIZE=1"@example.com> X`, "TO", `"a> SIZE=1"@example.com`, "X"},
		{"a quote in quotes", `TO:<"a\">b"@example.com> X`, "TO", `"a\">b"@example.com`, "X"},
		{"a backslash before the last quote", `TO:<"a\\"@example.com>`, "TO", `"a\\"@example.com`, ""},
		{"a quoted local-part alone", `TO:<"postmaster">`, "TO", `"postmaster"`, ""},
		{"@ and : in quotes", `TO:<"@a:b"@example.com>`, "TO", `"@a:b"@example.com`, ""},
		{"a source route", "TO:<@one.example,@two.example:a@example.com> X", "TO", "a@example.com", "X"},
		{"a source route of one host", "TO:<@one.example:a@example.com>", "TO", "a@example.com", ""},
		{"a source route with an address literal", "TO:<@[IPv6:2001:db8::1]:a@example.com>", "TO", "a@example.com", ""},
		{"an address literal", "TO:<a@[IPv6:2001:db8::1]>", "TO", "a@[IPv6:2001:db8::1]", ""},
		{"octets above ASCII", "TO:<\xc3\xa4@\xc3\xb6.example> X=\xc3\xa4", "TO", "\xc3\xa4@\xc3\xb6.example", "X=\xc3\xa4"},
		{"octets that are no UTF-8", "TO:<\xe4@example.com>", "TO", "\xe4@example.com", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, rest, err := ParsePath([]byte(tt.args), tt.keyword)
			if err != nil || string(path) != tt.path || string(rest) != tt.rest {
				t.Fatalf("%q, %q, %v; want %q, %q", path, rest, err, tt.path, tt.rest)
			}
		})
	}
}

func TestParsePathRefuses(t *testing.T) {
	tests := []struct {
		name, args, want string
	}{
		{"nothing", "", "FROM: or TO: missing"},
		{"another keyword", "FROM:<a@example.com>", "FROM: or TO: missing"},
		{"no colon", "TO<a@example.com>", "FROM: or TO: missing"},
		{"a space before the colon", "TO :<a@example.com>", "FROM: or TO: missing"},
		{"nothing behind the colon", "TO:", "no < before"},
		{"no brackets", "TO:a@example.com", "no < before"},
		{"a tab behind the colon", "TO:\t<a@example.com>", "no < before"},
		{"no opening bracket", "TO:a@example.com>", "no < before"},
		{"no closing bracket", "TO:<a@example.com", "no > behind"},
		{"an opening bracket alone", "TO:<", "no > behind"},
		{"a parameter in front of the closing bracket", "TO:<a@example.com SIZE=1>", "space in the path"},
		{"a space in the path", "TO:<a b@example.com>", "space in the path"},
		{"a second opening bracket", "TO:<<a@example.com>>", "second <"},
		{"text behind the path", "TO:<a@example.com>SIZE=1", "no space between"},
		{"a second closing bracket", "TO:<a@example.com>>", "no space between"},
		{"a tab behind the path", "TO:<a@example.com>\tX", "no space between"},
		{"an open quote", `TO:<"a@example.com>`, "quote without its end"},
		{"an open quote that ends with a backslash", `TO:<"a@example.com>\`, "quote without its end"},
		{"a quote whose end is quoted", `TO:<"a\"@example.com>`, "quote without its end"},
		{"a quote in the middle", `TO:<a"b> c"@example.com>`, "quote in the middle"},
		{"text behind a quote", `TO:<"a"b@example.com>`, "no @ behind"},
		{"> quoted by a backslash alone", `TO:<a\>b@example.com>`, "backslash outside"},
		{"a NUL", "TO:<a\x00@example.com>", "control character"},
		{"a CR", "TO:<a@example.com\r>", "control character"},
		{"a tab", "TO:<a@example\t.com>", "control character"},
		{"a DEL", "TO:<a\x7f@example.com>", "control character"},
		{"a CR in quotes", "TO:<\"a\r\"@example.com>", "control character"},
		{"a NUL behind a backslash", "TO:<\"a\\\x00\"@example.com>", "control character"},
		{"a NUL in a source route", "TO:<@a\x00:b@example.com>", "control character"},
		{"a source route without its end", "TO:<@one.example,@two.example>", "broken source route"},
		{"a source route cut off", "TO:<@one.example", "broken source route"},
		{"a source route without a host", "TO:<@:a@example.com>", "broken source route"},
		{"a source route with an empty host", "TO:<@a,@:a@example.com>", "broken source route"},
		{"a source route that lacks an @", "TO:<@a,b:c@example.com>", "broken source route"},
		{"a source route with a comma at its end", "TO:<@a,:c@example.com>", "broken source route"},
		{"a source route with two @ in a host", "TO:<@a@b:c@example.com>", "broken source route"},
		{"a source route behind another", "TO:<@a:@b:c@example.com>", "broken source route"},
		{"a source route and no local-part", "TO:<@a:@example.com>", "broken source route"},
		{"a source route alone", "TO:<@one.example:>", "source route without a mailbox"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, rest, err := ParsePath([]byte(tt.args), "TO")
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || !strings.Contains(err.Error(), tt.want) || path != nil || rest != nil {
				t.Fatalf("%q, %q, %v; want an error with %q", path, rest, err, tt.want)
			}
		})
	}
}
