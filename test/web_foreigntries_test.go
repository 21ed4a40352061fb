package test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

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
			beyond := f.beyond(theirs, nobodys)
			switch about := f.traces(answer{location: path}); {
			case beyond != "":
				t.Errorf("GET %s says other things than of names that nobody has:\n%s", path, beyond)
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
				if beyond := f.beyond(theirs, nobodys); beyond != "" {
					t.Errorf("POST %s %s says other things than of names that nobody has:\n%s", path, form, beyond)
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
		if beyond := f.beyond(theirs, nobodys); beyond != "" {
			t.Errorf("GET %s says other things than of names that nobody has:\n%s", path, beyond)
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
