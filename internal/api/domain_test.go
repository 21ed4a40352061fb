package api_test

import (
	"testing"

	"callout/internal/callout"
)

// Where mail goes to is shown like the destinations, for aliases too, and not where it goes to those.
func TestDeliverTo(t *testing.T) {
	f := startWith(t, plain, callout.Options{})
	const hosts = `"deliver_to":[["filter.example.net:25"],["lmtp://a.example:24","b.example:2525"]]`
	f.steps(t, []step{
		{"PUT", "domains/example.net", `{"destinations":["HOST"],"aliases":["example.org"],"deliver_to":["filter.example.net",["lmtp://a.example","b.example:2525"]]}`, 201,
			[]string{hosts + `,"on_unknown"`}},
		{"GET", "domains/example.net", "", 200, []string{hosts}},
		{"GET", "domains/example.org", "", 200, []string{`"alias_of":"example.net"`, hosts}},
		{"PUT", "domains/example.net", `{"destinations":["HOST"],"deliver_to":["a b"]}`, 422, []string{`deliver_to: destination \"a b\" is no host:port`}},
		{"GET", "domains/example.net", "", 200, []string{hosts}},
		{"PUT", "domains/example.net", `{"mode":"list","deliver_to":[]}`, 200, []string{`"destinations":[],"on_unknown"`}},
	})
}

// Aliases are shown, listed and cleared with their domain, under their own addresses, and go with it.
func TestAliases(t *testing.T) {
	f := startWith(t, plain, callout.Options{})
	const spec = `{"destinations":["HOST"],"aliases":["example.org"],"mode":"list+callout","enforce":false}`
	put := step{"PUT", "domains/example.net", spec, 201, []string{
		`"name":"example.net","aliases":["example.org"]`, `"mode":"list+callout","enforce":false`, `"spec":{`}}
	f.steps(t, []step{put})
	f.decide(t, "nobody@example.org")
	f.decide(t, "nobody@example.net")
	f.steps(t, []step{
		{"GET", "domains", "", 200, []string{`"name":"example.net","aliases":["example.org"]`}},
		{"GET", "domains/example.org", "", 200, []string{`"name":"example.org","alias_of":"example.net","aliases":["example.org"],"origin":"store"`}},
		{"GET", "domains/example.net/verdicts", "", 200, []string{`"recipient":"nobody@example.net"`, `"recipient":"nobody@example.org"`}},
		{"GET", "domains/example.org/verdicts", "", 200, []string{`{"verdicts":[{"recipient":"nobody@example.org"`}},
		{"PUT", "domains/example.org", `{"destinations":["HOST"]}`, 422, []string{"it is an alias of example.net"}},
		{"PUT", "domains/other.example", `{"destinations":["HOST"],"aliases":["example.com"]}`, 422, []string{"is a domain of its own"}},
		{"DELETE", "domains/example.org", "", 404, []string{"it is an alias of example.net"}},
		{"DELETE", "domains/example.net/verdicts", "", 200, nil},
		{"GET", "domains/example.net/verdicts", "", 200, []string{`{"verdicts":[]}`}},
	})
	f.decide(t, "nobody@example.org")
	f.steps(t, []step{
		{"PUT", "domains/example.net/pause", "", 200, nil},
		{"DELETE", "domains/example.net", "", 200, nil},
		{"GET", "domains/example.org", "", 404, nil},
		{"GET", "alerts", "", 200, []string{`{"alerts":[]}`}}, // its pause went with it
		put,
		{"GET", "verdicts/nobody@example.org", "", 200, []string{`"status":"unknown"`}},
		{"PUT", "domains/example.net", `{"mode":"off"}`, 200, []string{`"destinations":[],"on_unknown":"defer","mode":"off"`}},
		{"GET", "domains/example.org", "", 404, nil},
		{"GET", "verdicts/john@example.net", "", 200, []string{`"status":"unknown","local":"off"`}},
	})
}
