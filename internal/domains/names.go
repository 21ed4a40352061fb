package domains

import (
	"slices"
	"strings"

	"callout/internal/callout"
)

// Names returns the domain and its aliases, the domain first. For an alias they are those of its domain.
func (d *Domain) Names() []string {
	name := d.Name
	if d.AliasOf != "" {
		name = d.AliasOf
	}
	return append([]string{name}, d.Aliases...)
}

// Asked says in words what is asked for the domain and where from. Two domains that say the same here get the
// same answers; when the words change, what was found before is no longer known. The client certificate is no part
// of it, because it is renewed by the year and opens the same doors.
//
// What is as by default is left out, so that a later version with more to say starts from the same words.
func (d *Domain) Asked() string {
	groups := make([]string, 0, len(d.Destination)+3)
	for _, hosts := range d.Destination {
		groups = append(groups, groupWords(hosts))
	}
	s := &d.Settings.Callout
	words := []string{strings.Join(groups, ", ")}
	if s.TLS != callout.TLSOpportunistic {
		words = append(words, "tls "+s.TLS.String())
	}
	if len(s.Source) > 0 {
		source := make([]string, len(s.Source))
		for i, ip := range s.Source {
			source[i] = ip.String()
		}
		slices.Sort(source)
		words = append(words, "source "+strings.Join(source, " "))
	}
	if s.MailFrom != "" {
		words = append(words, "from "+s.MailFrom)
	}
	return strings.Join(words, "; ")
}

// groupWords has the hosts of one priority, whose order means nothing.
func groupWords(hosts []callout.Host) string {
	if len(hosts) == 1 {
		return hosts[0].String()
	}
	words := make([]string, len(hosts))
	for i, h := range hosts {
		words[i] = h.String()
	}
	slices.Sort(words)
	return "[" + strings.Join(words, " ") + "]"
}
