package smtpwire

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestNextParam(t *testing.T) {
	rest := []byte("  SIZE=100   body=8BITMIME SMTPUTF8 X-A=\xc3\xa4;b+c ")
	want := []struct {
		keyword, value string
		hasValue       bool
	}{{"SIZE", "100", true}, {"body", "8BITMIME", true}, {"SMTPUTF8", "", false}, {"X-A", "\xc3\xa4;b+c", true}, {"", "", false}}
	for _, w := range want {
		keyword, value, hasValue, remaining, err := NextParam(rest)
		if string(keyword) != w.keyword || string(value) != w.value || hasValue != w.hasValue || err != nil {
			t.Fatalf("%q, %q, %v, %v; want %+v", keyword, value, hasValue, err, w)
		}
		rest = remaining
	}
}

func TestParseMailParams(t *testing.T) {
	tests := []struct {
		rest string
		want MailParams
	}{
		{"", MailParams{Size: -1}},
		{"SIZE=0", MailParams{}},
		{"size=1000", MailParams{Size: 1000}},
		{"SIZE=99999999999999999999", MailParams{Size: math.MaxInt64}},
		{"SIZE=9223372036854775808", MailParams{Size: math.MaxInt64}},
		{"SIZE=00000000000000000007", MailParams{Size: 7}},
		{"BODY=7bit", MailParams{Size: -1, Body: Body7Bit}},
		{"BODY=8BITMIME", MailParams{Size: -1, Body: Body8Bit}},
		{"Body=BinaryMIME", MailParams{Size: -1, Body: BodyBinary}},
		{"SMTPUTF8", MailParams{Size: -1, SMTPUTF8: true}},
		{"RET=hdrs ENVID=QQ+2B+3D1", MailParams{Size: -1, Ret: "hdrs", EnvID: "QQ+2B+3D1"}},
		{"ENVID=" + strings.Repeat("+41", 100), MailParams{Size: -1, EnvID: strings.Repeat("+41", 100)}},
		{"AUTH=<> SIZE=1", MailParams{Size: 1}},
		{"AUTH=e+3Dmc2@example.com", MailParams{Size: -1}},
		{"SIZE=1 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x AUTH=<>", MailParams{1, Body8Bit, true, "FULL", "x"}},
	}
	for _, tt := range tests {
		if got, err := ParseMailParams([]byte(tt.rest)); err != nil || got != tt.want {
			t.Errorf("ParseMailParams(%q) = %+v, %v; want %+v", tt.rest, got, err, tt.want)
		}
	}
}

func TestParseRcptParams(t *testing.T) {
	address := "rfc822;" + strings.Repeat("a", 493)
	tests := []struct {
		rest string
		want RcptParams
	}{
		{"", RcptParams{}},
		{"NOTIFY=never", RcptParams{Notify: "never"}},
		{"NOTIFY=SUCCESS,Failure,DELAY", RcptParams{Notify: "SUCCESS,Failure,DELAY"}},
		{"ORCPT=rfc822;a+2Bb@example.com notify=DELAY", RcptParams{"DELAY", "rfc822;a+2Bb@example.com"}},
		{"ORCPT=utf-8;\xc3\xa4@example.com", RcptParams{ORcpt: "utf-8;\xc3\xa4@example.com"}},
		{"ORCPT=" + address, RcptParams{ORcpt: address}},
	}
	for _, tt := range tests {
		if got, err := ParseRcptParams([]byte(tt.rest)); err != nil || got != tt.want {
			t.Errorf("ParseRcptParams(%q) = %+v, %v; want %+v", tt.rest, got, err, tt.want)
		}
	}
}

// MAIL and RCPT say 555 where a parameter is not known, and 501 where it can't be read.
func TestParamsThatAreRefused(t *testing.T) {
	mail := func(rest []byte) error { _, err := ParseMailParams(rest); return err }
	rcpt := func(rest []byte) error { _, err := ParseRcptParams(rest); return err }
	tests := []struct {
		name    string
		parse   func([]byte) error
		rest    string
		keyword string
		unknown bool
		reason  string
	}{
		{"no parameter of MAIL", mail, "SIZE=1 HOLDFOR=3", "HOLDFOR", true, "not known"},
		{"a parameter of RCPT", mail, "NOTIFY=NEVER", "NOTIFY", true, "not known"},
		{"no parameter of RCPT", rcpt, "X", "X", true, "not known"},
		{"a parameter of MAIL", rcpt, "SIZE=1", "SIZE", true, "not known"},
		{"a keyword with a dot", mail, "a.b", "", false, "keyword"},
		{"a keyword that begins with a hyphen", mail, "-a", "", false, "keyword"},
		{"no keyword", mail, "=1", "", false, "keyword"},
		{"a path that goes on", rcpt, "b@example.com>", "", false, "keyword"},
		{"a tab between parameters", mail, "SMTPUTF8\tX", "", false, "keyword"},
		{"an empty value", mail, "SIZE=", "SIZE", false, "empty"},
		{"two =", mail, "ENVID=a=b", "ENVID", false, "has ="},
		{"a control character", mail, "ENVID=a\r", "ENVID", false, "control"},
		{"a parameter twice", mail, "SIZE=1 BODY=7BIT size=1", "size", false, "twice"},
		{"AUTH twice", mail, "AUTH=<> AUTH=<>", "AUTH", false, "twice"},
		{"a parameter of RCPT twice", rcpt, "NOTIFY=NEVER NOTIFY=NEVER", "NOTIFY", false, "twice"},
		{"SIZE without a value", mail, "SIZE", "SIZE", false, "number"},
		{"SIZE below 0", mail, "SIZE=-1", "SIZE", false, "number"},
		{"SIZE of 21 digits", mail, "SIZE=000000000000000000001", "SIZE", false, "number"},
		{"SIZE with a letter", mail, "SIZE=1k", "SIZE", false, "number"},
		{"no BODY there is", mail, "BODY=9BIT", "BODY", false, "none of"},
		{"BODY without a value", mail, "BODY", "BODY", false, "none of"},
		{"SMTPUTF8 with a value", mail, "SMTPUTF8=1", "SMTPUTF8", false, "no value"},
		{"no RET there is", mail, "RET=ALL", "RET", false, "neither"},
		{"ENVID that is no xtext", mail, "ENVID=a+2", "ENVID", false, "xtext"},
		{"ENVID with small hex digits", mail, "ENVID=a+2b", "ENVID", false, "xtext"},
		{"ENVID with a hidden line end", mail, "ENVID=a+0D+0AX:", "ENVID", false, "xtext"},
		{"ENVID above ASCII", mail, "ENVID=\xc3\xa4", "ENVID", false, "xtext"},
		{"ENVID of 101 octets", mail, "ENVID=" + strings.Repeat("a", 101), "ENVID", false, "100"},
		{"AUTH without a value", mail, "AUTH", "AUTH", false, "value"},
		{"NEVER in a list", rcpt, "NOTIFY=NEVER,DELAY", "NOTIFY", false, "neither"},
		{"NOTIFY with an empty element", rcpt, "NOTIFY=DELAY,", "NOTIFY", false, "neither"},
		{"NOTIFY without a value", rcpt, "NOTIFY", "NOTIFY", false, "neither"},
		{"ORCPT without a type", rcpt, "ORCPT=a@example.com", "ORCPT", false, "type"},
		{"ORCPT with an empty type", rcpt, "ORCPT=;a@example.com", "ORCPT", false, "type"},
		{"ORCPT without an address", rcpt, "ORCPT=rfc822;", "ORCPT", false, "type"},
		{"ORCPT above ASCII", rcpt, "ORCPT=rfc822;\xc3\xa4@example.com", "ORCPT", false, "xtext"},
		{"ORCPT with a hidden NUL", rcpt, "ORCPT=rfc822;a+00@example.com", "ORCPT", false, "xtext"},
		{"ORCPT of 501 octets", rcpt, "ORCPT=rfc822;" + strings.Repeat("a", 494), "ORCPT", false, "500"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.parse([]byte(tt.rest))
			var param *ParamError
			if !errors.As(err, &param) || param.Keyword != tt.keyword || param.Unknown != tt.unknown || !strings.Contains(param.Reason, tt.reason) {
				t.Fatalf("%+v; want %q, unknown %v, %q", param, tt.keyword, tt.unknown, tt.reason)
			}
			if !strings.Contains(err.Error(), tt.reason) || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("%q", err)
			}
		})
	}
}

func TestParseBDAT(t *testing.T) {
	for args, want := range map[string]struct {
		size int64
		last bool
	}{
		"0": {0, false}, "0 LAST": {0, true}, "86 last": {86, true}, "1000000": {1000000, false}, "7   LAST": {7, true},
		"9223372036854775806": {math.MaxInt64 - 1, false},
	} {
		if size, last, err := ParseBDAT([]byte(args)); err != nil || size != want.size || last != want.last {
			t.Errorf("ParseBDAT(%q) = %d, %v, %v", args, size, last, err)
		}
	}
	for _, args := range []string{"", "LAST", "-1", "+1", "1x", "0x10", "9223372036854775808", "99999999999999999999", "1 FIRST", "1 LAST LAST", "1\tLAST", "1 LAST\r", "123456789012345678901"} {
		var syntax *SyntaxError
		if size, last, err := ParseBDAT([]byte(args)); !errors.As(err, &syntax) || size != 0 || last {
			t.Errorf("ParseBDAT(%q) = %d, %v, %v", args, size, last, err)
		}
	}
}
