package lab_test

import (
	"reflect"
	"strings"
	"testing"

	"callout/internal/lab"
)

func TestSteps(t *testing.T) {
	s, err := lab.ParseScript("# first\ndns fails\n> ask a &\n> ask b &\n> answers\n== mx:25\nS: 220 mx\n< one\n< two\ndns works\n> wait 5s")
	if err != nil {
		t.Fatal(err)
	}
	want := []lab.Instruction{
		{Line: 2, Do: "dns fails"}, {Line: 3, Do: "ask a &"}, {Line: 4, Do: "ask b &"},
		{Line: 5, Do: "answers", Want: "one | two"}, {Line: 10, Do: "dns works"}, {Line: 11, Do: "wait 5s"},
	}
	if !reflect.DeepEqual(s.Steps, want) {
		t.Errorf("%+v", s.Steps)
	}
}

func TestScriptsThatCannotBeRead(t *testing.T) {
	for script, want := range map[string]string{
		"S: 220 mx":                           "line 1: \"S: 220 mx\" belongs to no session",
		"== mx:25\ndns works\nS: 220 mx":      "line 3: \"S: 220 mx\" belongs to no session",
		"< accept":                            "line 1: no step",
		"> ask a\ndns fails\n< accept":        "line 3: no step",
		"== mx:25 goes on":                    "has no session that could go on",
		"== mx:25 from here":                  `"here" is no IP address`,
		"== mx:25 goes off":                   "is no host:port",
		"== mx:25\nshout":                     `"shout" is no move`,
		"== mx:25\nraw 220":                   "220 are no octets in quotes",
		"== mx:25\nendless \"\"":              "endless needs octets",
		"== mx:25\nslowly \"220\"":            "invalid duration",
		"== mx:25\nwait long":                 "invalid duration",
		"== mx:25\nclose now":                 "close takes nothing",
		"== mx:25\ncannot":                    "write cannot bind",
		"== mx:25\nS: 220 mx\nrefuse":         "is a session's only line",
		"== mx:25\nclose\nS: 220 mx":          "line 3: line 2 has ended this session",
		"== mx:25\nstarttls fails\nC: EHLO *": "line 3: line 2 has ended this session",
		"== mx:25\nstarttls 1.4":              `"1.4" is no way to begin TLS`,
		"== mx:25\ntls for":                   `"for" is no way to begin TLS`,
		"dns mx1.example.com":                 "says nothing of a name",
		"dns mx1.example.com mx2.example.com": `"mx2.example.com" is no IP address`,
		"dns mx example.com mx1.example.com":  "no preference and host",
		"dns mx example.com 65536 mx1":        "no preference from 0 to 65535",
	} {
		if _, err := lab.ParseScript(script); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", script, err, want)
		}
	}
}
