package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// foreign is a server with two domain users, of whom one tries to see and to change what is of the other. What is foreign
// has one of these in it: "rival" (the user, the domain, its alias), "secret" (its recipients), the host of its destination,
// its token.
type foreign struct {
	t     *testing.T
	s     *server
	d     *destination
	admin *visitor
	mine  *visitor
	rival *visitor
	host  string // of the foreign domain's destination
	token string // the foreign user's, its ID
}

func newForeign(t *testing.T) *foreign {
	t.Helper()
	d := startDestination(t, []string{"mine.test", "rival.test", "rival-too.test"}, "good@mine.test", "secret@rival.test")
	f := &foreign{t: t, s: startPages(t, plainTTLs), d: d, host: d.Deliveries}
	f.admin = newVisitor(t, f.s, "admin")
	f.does(f.admin, "/domains/new", "name", "mine.test", "destinations", d.Callouts)
	f.does(f.admin, "/domains/new", "name", "rival.test", "destinations", f.host, "aliases", "rival-too.test")
	f.s.addUser(t, "mine", "--role", "domain", "--domains", "mine.test")
	f.s.addUser(t, "rival", "--role", "domain", "--domains", "rival.test")
	f.rival = newVisitor(t, f.s, "rival")
	f.rival.post("/access/tokens/new", url.Values{"label": {"rival key"}, "may": {"write"}, "expires": {"30d"}})
	m := regexp.MustCompile(`/access/tokens/([^/"]+)/revoke`).FindStringSubmatch(f.rival.get("/access/tokens").body)
	if m == nil {
		t.Fatal("the foreign user has no token")
	}
	f.token = m[1]
	f.does(f.admin, "/domains/rival.test/recipients", "do", "add", "add", "secret-list")
	for _, recipient := range []string{"good@mine.test", "nobody@mine.test", "secret@rival.test", "secret.not@rival.test", "secret@rival-too.test"} {
		askOnce(t, f.s.policy, recipient)
	}
	f.does(f.admin, "/domains/rival.test/pause", "length", "1h")
	f.mine = newVisitor(t, f.s, "mine")
	return f
}

// does posts a form that must be taken.
func (f *foreign) does(v *visitor, path string, pairs ...string) {
	f.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	if a := v.post(path, form); a.status != http.StatusSeeOther {
		f.t.Fatalf("POST %s: %s", path, a)
	}
}

// ghost puts names in place of the foreign ones that nobody has, of the same length.
func (f *foreign) ghost(text string) string {
	nobodys := strings.NewReplacer("rival", "ghost", "RIVAL", "GHOST", f.host, "127.0.0.1:19999", f.token, f.token[:len(f.token)-2]+"zz",
		url.QueryEscape(f.host), "127.0.0.1%3A19999")
	return nobodys.Replace(text)
}

// What differs each time.
var (
	times   = regexp.MustCompile(`<time [^>]*>[^<]*</time>`)
	asked   = regexp.MustCompile(`"asked": "[^"]*"`) // by some nanoseconds
	secrets = regexp.MustCompile(`callout_[A-Za-z0-9]{40}`)
	places  = regexp.MustCompile(`/decisions/tail\?after=[A-Za-z0-9_-]{48}`) // encrypted, as all that tells how much others are asked for
)

// beyond returns what an answer about what is foreign has, and the one about what nobody has has not, names left out; ""
// where they are alike.
func (f *foreign) beyond(theirs, nobodys answer) string {
	plain := func(a answer) string {
		return places.ReplaceAllString(secrets.ReplaceAllString(times.ReplaceAllString(f.ghost(a.String()), ""), ""), "")
	}
	a, b := plain(theirs), plain(nobodys)
	if a == b {
		return ""
	}
	return linesBeyond(a, b) + "in place of\n" + linesBeyond(b, a)
}

// traces returns what of the foreign an answer shows.
func (f *foreign) traces(a answer) (found []string) {
	for _, trace := range []string{"rival", "secret", f.host, f.token} {
		if strings.Contains(strings.ToLower(a.location+a.body), strings.ToLower(trace)) {
			found = append(found, trace)
		}
	}
	return found
}

// state is all of the foreign that a request could change.
func (f *foreign) state() string {
	f.t.Helper()
	state := ""
	for _, verb := range []string{"domain list", "domain show rival.test", "recipients list rival.test", "user list"} {
		var v any
		out := f.s.succeed(f.t, append(strings.Fields(verb), "--json")...)
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			f.t.Fatalf("callout %s: %v\n%s", verb, err, out)
		}
		indented, _ := json.MarshalIndent(v, "", " ")
		state += verb + asked.ReplaceAllString(string(indented), "") + "\n"
	}
	state += times.ReplaceAllString(f.rival.get("/access/tokens").body, "")
	for recipient, n := range f.d.TimesAsked(f.t) {
		if strings.Contains(recipient, "secret") {
			state += fmt.Sprintln(recipient, "asked", n)
		}
	}
	return state
}

// linesBeyond returns the lines of a text that another has not.
func linesBeyond(text, other string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.Contains(other, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
