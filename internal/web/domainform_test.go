package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestADomainIsAdded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/domains/new?name=new.test").status(http.StatusOK).shows("Add a domain", "Seldom needed")
	h.Admin.post("/domains/new", "name", "New.Test", "destinations", h.At+"\r\n127.0.0.2:25, 127.0.0.3:25\r\n", "aliases", "new.example, also.test\n",
		"mode", "list+callout", "on_unknown", "accept", "enforce", "false", "tls", "off", "reply_text", "destination", "catch_all_check", "false",
		"more", `{"invalid_ttl": "1h", "recipients": ["boss"]}`).
		status(http.StatusOK).at("/domains/new.test").shows("The domain was added.", "new.example", "also.test", "127.0.0.3:25")
	text, ok := h.Domains.Spec("new.test")
	var got, want any
	check(t, json.Unmarshal(text, &got))
	check(t, json.Unmarshal([]byte(`{"destinations": ["`+h.At+`", ["127.0.0.2:25", "127.0.0.3:25"]], "aliases": ["new.example", "also.test"],
		"mode": "list+callout", "on_unknown": "accept", "enforce": false, "tls": "off", "reply_text": "destination", "catch_all_check": false,
		"invalid_ttl": "1h", "recipients": ["boss"]}`), &want))
	if a, _ := json.Marshal(got); !ok || string(a) != must(json.Marshal(want)) {
		t.Errorf("stored: %s", text)
	}
}

func must(b []byte, err error) string {
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestWhatIsWrongStandsAtItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		form        []string
		field, says string
	}{
		"no name":         {[]string{"name", "-"}, "name", "is not a domain name"},
		"served already":  {[]string{"name", "EXAMPLE.com", "destinations", h.At}, "name", "It is served already"},
		"an alias":        {[]string{"name", "example.org", "destinations", h.At}, "name", "It is an alias of example.com"},
		"no destination":  {[]string{"name", "new.test"}, "destinations", "There are none"},
		"a bad host":      {[]string{"name", "new.test", "destinations", "mx.test:99999"}, "destinations", "99999"},
		"a bad alias":     {[]string{"name", "new.test", "destinations", h.At, "aliases", "..", "more", `{"invalid_ttl":"1h"}`}, "aliases", ""},
		"no JSON":         {[]string{"name", "new.test", "destinations", h.At, "more", "{\n\"a\" 1}"}, "more", "line 2"},
		"JSON of a list":  {[]string{"name", "new.test", "destinations", h.At, "more", "[]"}, "more", "not one JSON object"},
		"a key twice":     {[]string{"name", "new.test", "destinations", h.At, "more", `{"mode": "off"}`}, "more", "has a field of its own"},
		"an unknown key":  {[]string{"name", "new.test", "destinations", h.At, "more", `{"colour": "red"}`}, "more", "colour: "},
		"a bad value":     {[]string{"name", "new.test", "destinations", h.At, "more", `{"valid_ttl": "soon"}`}, "more", "valid_ttl: "},
		"somebody else's": {[]string{"name", "new.test", "destinations", h.At, "aliases", "other.test"}, "", "is a domain of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			page := h.Admin.post("/domains/new", c.form...).status(http.StatusUnprocessableEntity).shows(c.says)
			if got := page.wrongField(); got != c.field {
				t.Errorf("the error stands at %q, want %q\n%s", got, c.field, page.text())
			}
			for i := 1; i < len(c.form); i += 2 {
				if !strings.Contains(page.Body, escaped(c.form[i])) {
					t.Errorf("what was typed is gone: %q", c.form[i])
				}
			}
		})
	}
	if h.Domains.Lookup("new.test") != nil {
		t.Error("the domain is there")
	}
}

// wrongField returns the name of the first field with an error.
func (s *seen) wrongField() string {
	_, rest, ok := strings.Cut(s.Body, `<p class="error" id="f-`)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "-error")
	return name
}

func escaped(s string) string {
	return strings.NewReplacer(`"`, "&#34;", "<", "&lt;", "&", "&amp;").Replace(s)
}

// fields returns the form of a page as a browser would send it.
func (s *seen) fields() []string {
	var all []string
	for _, piece := range strings.Split(s.Body, "<")[1:] {
		name := attribute(piece, "name")
		switch {
		case strings.HasPrefix(piece, "textarea"):
			_, value, _ := strings.Cut(piece, ">")
			all = append(all, name, unescaped(value))
		case strings.HasPrefix(piece, "select"):
			all = append(all, name, "")
		case strings.HasPrefix(piece, "option") && strings.Contains(piece, " selected"):
			all[len(all)-1] = attribute(piece, "value")
		case strings.HasPrefix(piece, "input") && name != "" && name != "q" && !strings.Contains(piece, `type="checkbox"`):
			all = append(all, name, attribute(piece, "value"))
		}
	}
	return all
}

func attribute(tag, name string) string {
	_, value, _ := strings.Cut(tag, " "+name+`="`)
	value, _, _ = strings.Cut(value, `"`)
	return unescaped(value)
}

func unescaped(s string) string {
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&#43;", "+", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

func TestAFormChangesWhatItHasFieldsForAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.Admin.get("/domains/example.com/edit").status(http.StatusOK)
	form := page.fields()
	f := url.Values{}
	for i := 0; i < len(form); i += 2 {
		f.Set(form[i], form[i+1])
	}
	if f.Get("destinations") != h.At || f.Get("aliases") != "example.org" || !strings.Contains(f.Get("more"), `"valid_ttl": "48h"`) {
		t.Errorf("the form has %v", f)
	}
	h.Admin.post("/domains/example.com/edit", append([]string{"on_unknown", "accept"}, form...)...). // the first of two counts
														at("/domains/example.com").shows("Saved.", "accepted")
	text, _ := h.Domains.Spec("example.com")
	if want := `{"aliases":["example.org"],"destinations":["` + h.At + `"],"on_unknown":"accept","valid_ttl":"48h"}`; string(text) != want {
		t.Errorf("stored: %s", text)
	}
	// The form of before the change no longer fits.
	h.Admin.post("/domains/example.com/edit", form...).status(http.StatusConflict).shows("Somebody changed this domain")
	h.Admin.post("/domains/example.com/edit", append([]string{"tls", "sometimes"}, h.Admin.get("/domains/example.com/edit").fields()...)...).
		status(http.StatusUnprocessableEntity)
}

func TestDomainsOfTheFileAreReadOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Admin.get("/domains/file.test/edit").shows("is in the configuration file", "read-only here")
	h.Admin.get("/domains/file.test/remove").shows("is in the configuration file")
	h.Admin.post("/domains/file.test/remove", "sure", "yes").shows("is in the configuration file")
	h.Admin.get("/domains/example.org/edit").at("/domains/example.com/edit")
	if h.Domains.Lookup("file.test") == nil {
		t.Error("it is gone")
	}
}

func TestADomainIsRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.know("john@example.com", "nobody@example.com")
	_, err := h.Desk.Pause(t.Context(), h.Root, "example.com", "")
	check(t, err)
	h.Admin.get("/domains/example.com/remove").shows("This removes example.com with 2 cached verdicts, 0 local recipients, 1 alias and its pause.")
	h.Admin.post("/domains/example.com/remove").at("/domains").shows("The domain was removed, and 2 cached verdicts with it.")
	h.Admin.get("/domains/example.com").status(http.StatusNotFound)
}

func TestOnlyAdminsChangeDomains(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/domains/new", "/domains/example.com/edit", "/domains/example.com/remove", "/domains/other.test/edit"} {
		h.User.get(path).status(http.StatusForbidden).shows("role admin")
		before := len(h.events())
		h.User.post(path, "name", "new.test", "destinations", h.At, "mode", "off").status(http.StatusForbidden)
		if e := h.events(); len(e) != before+1 || !e[0].Refused || e[0].Who != "user" {
			t.Errorf("POST %s left %+v", path, e[0])
		}
	}
	h.User.get("/domains/example.com").hides("/edit", "/remove", "/pause")
	if h.Domains.Lookup("new.test") != nil || h.Domains.Lookup("example.com") == nil {
		t.Error("something was changed")
	}
}

// Who has several things wrong sees all of them at once, and how many on top.
func TestEverythingThatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.Admin.post("/domains/new", "name", "new.test", "destinations", "mx.test:99999", "aliases", "..", "more", `{"valid_ttl": "soon"}`).
		status(http.StatusUnprocessableEntity).shows("Not saved: 3 fields need another look Destinations , Aliases , All other keys")
	for _, name := range []string{"destinations", "aliases", "more"} {
		if !strings.Contains(page.Body, `id="f-`+name+`-error"`) {
			t.Errorf("nothing stands at %s", name)
		}
	}
	h.Admin.post("/domains/new", "name", "-", "destinations", h.At, "more", "{").status(http.StatusUnprocessableEntity).
		shows("Not saved: 2 fields need another look Domain , All other keys")
	h.Admin.post("/domains/new", "name", "-", "destinations", h.At).shows("Not saved: 1 field needs another look Domain")
}

func TestWhatIsWrongIsASentenceOfItsOwn(t *testing.T) {
	for in, want := range map[string]string{
		"it is not so": "It is not so.", "valid_ttl: no": "valid_ttl: no.", "is it?": "Is it?", "is it.": "Is it.", "john@x is wrong": "john@x is wrong.",
		"mx.test is wrong": "mx.test is wrong.", "nothing.": "Nothing.", "über": "über.", "": "",
	} {
		if got := sentence(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
