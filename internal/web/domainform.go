package web

import (
	"net/url"
	"strings"

	"callout/internal/operate"
)

// DomainForm is what the page "domainform" shows.
type DomainForm struct {
	URL, Back, Button string
	Was               string // the settings that the form was made from, by their digest
	Fields, More      []Field
	Problems          []string // that belong to no field
	Wrong             []Link   // fields that are wrong
}

// The keys of a domain's settings that the form has fields for, by how they are written.
var (
	hostKeys  = []string{"destinations", "deliver_to"}
	nameKeys  = []string{"aliases"}
	wordKeys  = []string{"mode", "on_unknown", "enforce", "tls", "reply_text", "catch_all_check"}
	fieldKeys = append(append(append([]string{}, hostKeys...), nameKeys...), wordKeys...)
)

// specOf reads the form over settings that are there: what has no field stays.
func specOf(f url.Values) (s spec, wrong error) {
	s = spec{}
	for _, key := range hostKeys {
		s.setGroups(key, f.Get(key))
	}
	for _, key := range nameKeys {
		s.setNames(key, f.Get(key))
	}
	for _, key := range wordKeys {
		s.setWord(key, f.Get(key))
	}
	return s, s.add(f.Get("more"), append(fieldKeys, "name"))
}

// valuesOf are the values of the form's fields for settings that are there.
func valuesOf(s spec) url.Values {
	f := url.Values{}
	for _, key := range append(append([]string{}, hostKeys...), nameKeys...) {
		f.Set(key, s.lines(key))
	}
	for _, key := range wordKeys {
		f.Set(key, s.word(key))
	}
	f.Set("more", s.without(fieldKeys))
	return f
}

// domainFields are the fields of the form with their values. Of a domain that is there the name can't be changed.
func domainFields(f url.Values, isNew bool) (fields, more []Field) {
	if isNew {
		fields = append(fields, Field{Name: "name", Label: "Domain", Value: f.Get("name"), Mono: true, Required: true, Marked: true, Max: 253,
			Placeholder: "example.com", Autofocus: f.Get("name") == ""})
	}
	fields = append(fields,
		Field{Name: "destinations", Label: "Destinations", Type: "textarea", Rows: 3, Mono: true, Value: f.Get("destinations"), Placeholder: "mx1.example.com:25",
			Help: "The servers that hold its mailboxes: one a line, the first asked first. Those of equal priority stand on one line, with commas between them. mx: is the domain's own MX records."},
		selectField(f, "mode", "Mode", "Where answers come from.", "", "callout: its destinations are asked", "list", "list: local recipients alone decide",
			"list+callout", "list+callout: local recipients are accepted, the rest is asked", "off", "off: nothing is verified"),
		Field{Name: "aliases", Label: "Aliases", Type: "textarea", Rows: 2, Mono: true, Value: f.Get("aliases"), Placeholder: "example.org",
			Help: "Other names for the same mailboxes, one a line. Each is asked under its own name."},
		selectField(f, "enforce", "Refuse what does not exist", "With no, everything is accepted, and shown as what would have become of it.", "", "as the server's configuration says", "true", "yes", "false", "no"),
		selectField(f, "on_unknown", "If nobody can say", "What becomes of a recipient while its destination can't be asked.", "", "defer: the sender tries again later", "accept", "accept"),
	)
	more = []Field{
		{Name: "deliver_to", Label: "Mail goes on to", Type: "textarea", Rows: 2, Mono: true, Value: f.Get("deliver_to"),
			Help: "Of the gateway alone: where mail is passed on to, when that is not the destinations. Written as these are."},
		selectField(f, "tls", "TLS", "Towards the destinations.", "", "as the server's configuration says", "opportunistic", "opportunistic: where it is offered", "off", "off", "require", "require: without a check of the certificate", "verify", "verify: with a check of the certificate"),
		selectField(f, "reply_text", "Words of a refusal", "What the client of a refused recipient reads.", "", "as the server's configuration says", "own", "ours", "destination", "those of the destination"),
		selectField(f, "catch_all_check", "Ask a random address first", "That finds out whether the domain accepts everything.", "", "as the server's configuration says", "true", "yes", "false", "no"),
		{Name: "more", Label: "All other keys", Type: "textarea", Rows: 4, Mono: true, Value: f.Get("more"), Placeholder: `{"valid_ttl": "48h"}`,
			Help: "A JSON object with keys of a [[domain]] of the configuration that have no field here, such as valid_ttl, invalid_ttl, max_sessions, mail_from, source."},
	}
	return fields, more
}

// selectField is a field with choices. A value that is none of them stays, so that the form loses nothing.
func selectField(f url.Values, name, label, help string, pairs ...string) Field {
	chosen := f.Get(name)
	options := Choices(chosen, pairs...)
	known := false
	for i, o := range options {
		known = known || o.Chosen
		if chosen != "" && o.Value == "" && strings.HasPrefix(o.Text, chosen+":") { // the default, written out
			options[i].Chosen, options[i].Value, known = true, chosen, true
		}
	}
	if !known {
		options = append(options, Option{Value: chosen, Text: chosen, Chosen: true})
	}
	return Field{Name: name, Label: label, Type: "select", Help: help, Options: options}
}

// place puts problems at their fields. Those of keys without one stand at the field for all other keys, and what is about no
// key on top.
func (d *DomainForm) place(problems []operate.SpecProblem) {
	for _, p := range problems {
		switch {
		case p.Key == "":
			d.Problems = append(d.Problems, sentence(p.Text))
		case !d.fault(p.Key, p.Text):
			d.fault("more", p.Key+": "+p.Text)
		}
	}
}

// fault says at a field what is wrong with it; ok is false where there is none of that name.
func (d *DomainForm) fault(name, text string) (ok bool) {
	for _, fields := range [][]Field{d.Fields, d.More} {
		for i := range fields {
			if fields[i].Name != name {
				continue
			}
			if !strings.HasPrefix(text, name) { // a key is written as it is
				text = capital(text)
			}
			fields[i].Error = join(" ", fields[i].Error, fullStop(text))
			return true
		}
	}
	return false
}
