package test

import (
	"bufio"
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
)

// alike reports whether an answer about what is foreign is the one about what nobody has, but for the names.
func (f *foreign) alike(theirs, nobodys answer) bool {
	plain := func(a answer) string {
		return secrets.ReplaceAllString(times.ReplaceAllString(f.ghost(a.String()), ""), "")
	}
	return plain(theirs) == plain(nobodys)
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

// A domain user gets no page of another's domain, recipients, hosts, alerts, decisions, users and tokens, whatever the URL,
// and changes nothing of them, whatever the form: the answer is the one for what there is not.
func TestADomainUserSeesNothingOfOthersByAnyURL(t *testing.T) {
	t.Parallel()
	f := newForeign(t)
	t.Run("pages", f.pages)
	t.Run("forms", f.forms)
	t.Run("links of an admin", f.links)
	t.Run("decisions as they are made", f.tail)
}

func (f *foreign) pages(t *testing.T) {
	for _, r := range webRoutes {
		if r.method() != http.MethodGet {
			continue
		}
		for _, path := range r.paths {
			path = f.at(path)
			theirs, nobodys := f.mine.get(path), f.mine.get(f.ghost(path))
			switch about := f.traces(answer{location: path}); {
			case !f.alike(theirs, nobodys):
				t.Errorf("GET %s: %s\nwant what is said of names that nobody has:\n%s", path, theirs, nobodys)
			case len(about) == 0 && len(f.traces(theirs)) > 0:
				t.Errorf("GET %s shows %q", path, f.traces(theirs))
			case len(about) > 0 && strings.Contains(r.pattern, "{") && (theirs.status < 400 || theirs.status >= 500):
				t.Errorf("GET %s: %d, want it refused", path, theirs.status)
			}
		}
	}
}

func (f *foreign) forms(t *testing.T) {
	before := f.state()
	refused := len(f.refusals())
	for _, r := range webRoutes {
		if r.method() != http.MethodPost {
			continue
		}
		for _, path := range r.paths {
			path = f.at(path)
			for _, form := range r.forms {
				send := func(name func(string) string) answer {
					if r.upload {
						return f.mine.upload(name(path), "how", "replace", name(form))
					}
					values, err := url.ParseQuery(name(f.at(form)))
					if err != nil {
						t.Fatal(err)
					}
					return f.mine.post(name(path), values)
				}
				theirs, nobodys := send(func(s string) string { return s }), send(f.ghost)
				if !f.alike(theirs, nobodys) {
					t.Errorf("POST %s %s: %s\nwant what is said of names that nobody has:\n%s", path, form, theirs, nobodys)
				}
				if theirs.status < 400 && !r.own {
					t.Errorf("POST %s %s: %d %s, want it refused", path, form, theirs.status, theirs.location)
				}
			}
		}
	}
	if after := f.state(); after != before {
		t.Errorf("forged forms changed what is there: now\n%s\nbefore\n%s", linesBeyond(after, before), linesBeyond(before, after))
	}
	if got := len(f.refusals()); got == refused {
		t.Error("no refusal of a forged form is in the audit log")
	}
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

func (f *foreign) refusals() []any {
	f.t.Helper()
	var page struct{ Events []any }
	out := f.s.succeed(f.t, "audit", "--refused", "--json")
	if err := json.Unmarshal([]byte(out), &page); err != nil {
		if err := json.Unmarshal([]byte(out), &page.Events); err != nil {
			f.t.Fatalf("callout audit: %v\n%s", err, out)
		}
	}
	return page.Events
}

// links follows every link of the pages that an admin sees. Each must be of a route of the table, and those that have a
// foreign name in them say to a domain user what they say of names that nobody has.
func (f *foreign) links(t *testing.T) {
	known := webMux()
	seen, about := f.crawl(t, known), 0
	for path := range seen {
		if len(f.traces(answer{location: path})) == 0 {
			continue
		}
		about++
		theirs, nobodys := f.mine.get(path), f.mine.get(f.ghost(path))
		if !f.alike(theirs, nobodys) {
			t.Errorf("GET %s: %s\nwant what is said of names that nobody has:\n%s", path, theirs, nobodys)
		}
	}
	if about < 10 {
		t.Errorf("only %d links of an admin's pages are about the foreign domain: the crawl finds too little", about)
	}
}

// tail listens to decisions as they are made.
func (f *foreign) tail(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.mine.base+"/decisions/tail", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.mine.client.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET /decisions/tail: %v %v", resp, err)
	}
	defer resp.Body.Close()
	askOnce(t, f.s.policy, "secret@rival.test")
	askOnce(t, f.s.policy, "secret@rival-too.test")
	askOnce(t, f.s.policy, "last@mine.test")
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if found := f.traces(answer{body: lines.Text()}); len(found) > 0 {
			t.Errorf("the tail tells of %q: %s", found, lines.Text())
		}
		if strings.Contains(lines.Text(), "last@mine.test") {
			return
		}
	}
	t.Errorf("the tail ended before it told of the user's own domain: %v", lines.Err())
}
