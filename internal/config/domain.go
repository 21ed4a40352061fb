package config

import (
	"slices"

	"callout/internal/domains"
)

// domains reads every [[domain]] of the file.
func (f *fileReader) domains(e entry) {
	switch {
	case e.node.kind == isTable && e.node.made != asValue:
		f.add(e.off, "domain", "[domain] is a single table; write [[domain]], with double brackets, for each domain")
		return
	case e.node.kind != isList:
		f.add(e.node.off, "domain", "%s is not a list of domains; write [[domain]] for each domain", e.node.show())
		return
	}
	f.config.Domains = make([]*domains.Domain, 0, len(e.node.items))
	first := make(map[string]int, len(e.node.items)) // where each name is
	aliases := make([][]placedName, 0, len(e.node.items))
	for _, item := range e.node.items {
		if f.full() {
			return
		}
		if item.kind != isTable {
			f.add(item.off, "domain", "%s is not a domain; write [[domain]] for each domain", item.show())
			continue
		}
		d, later := f.domain(item)
		if name, ok := item.find("name"); ok && d.Name != "" {
			if off, ok := first[d.Name]; ok {
				f.add(name.node.off, "domain.name", "%s is the domain of line %d again; remove one of the two",
					name.node.show(), f.doc.position(off).Line)
				continue
			}
			first[d.Name] = name.node.off
		}
		f.config.Domains = append(f.config.Domains, d)
		aliases = append(aliases, later.aliases)
	}
	f.checkAliases(first, aliases)
}

// checkAliases finds aliases that another domain has for its name or an alias; first is where each name is.
func (f *fileReader) checkAliases(first map[string]int, all [][]placedName) {
	seen := map[string]int{}
	for _, aliases := range all {
		for _, alias := range aliases {
			what, off, taken := "the domain of", 0, false
			if off, taken = first[alias.name]; !taken {
				what = "an alias in"
				off, taken = seen[alias.name]
			}
			if taken {
				f.add(alias.node.off, "domain.aliases", "%s is %s line %d already; remove one of the two",
					alias.node.show(), what, f.doc.position(off).Line)
				continue
			}
			seen[alias.name] = alias.node.off
		}
	}
}

// domain reads one [[domain]]. Its name is "" where there is none that can be used.
func (f *fileReader) domain(n *node) (*domains.Domain, *later) {
	d := &domains.Domain{Origin: domains.FromFile, Settings: f.config.Defaults}
	r := domainReader{f.problems, "domain.", target{settings: &d.Settings, domain: d, later: &later{}}, f}
	for _, e := range n.keys {
		r.key(e)
	}
	if !slices.ContainsFunc(n.keys, func(e entry) bool { _, known := byDomainName[e.name]; return !known }) {
		r.missing(n) // else it may be the key that was mistyped, which has been named
	}
	r.finish()
	return d, r.to.later
}

// missing says what a [[domain]] must have and has not.
func (r domainReader) missing(n *node) {
	name, ok := n.find("name")
	if !ok {
		r.add(n.off, "domain", "this [[domain]] has no name; write name = \"example.com\"")
	}
	if _, has := n.find("destinations"); !has && ok && needsDestinations(r.to.domain.Mode) {
		r.add(n.off, "domain", "%s has no destinations; write destinations = [\"mx.example.com:25\"]", name.node.show())
	}
}

// domainReader reads the keys of one domain.
type domainReader struct {
	*problems
	prefix string // what comes before a key's name in problems
	to     target
	file   *fileReader // nil for a domain of the store
}

// key reads one key.
func (r domainReader) key(e entry) {
	k, ok := byDomainName[e.name]
	switch {
	case ok:
		k.takes.read(reading{r.problems, k, r.prefix + e.name, e.node, r.to})
	case slices.Contains(tables, e.name):
		r.add(e.off, r.prefix+e.name, "a domain has no tables; write the keys of [%s] among its own", e.name)
	default:
		r.add(e.off, r.prefix+bare(e.name), "%s", unknownMend("domain", e.name))
	}
}

// finish judges what depends on several keys.
func (r domainReader) finish() {
	d, l := r.to.domain, r.to.later
	if l.noHosts != nil && needsDestinations(d.Mode) {
		r.add(l.noHosts.off, r.prefix+"destinations", "the list is empty; write for example [\"mx.example.com:25\"]")
	}
	l.ownAliases(r.problems, r.prefix, d)
	if d.Name != "" { // else it has been said what the name lacks
		r.ownMX(&l.destinations, d.Destination)
		r.ownMX(&l.deliverTo, d.DeliverTo)
		r.localRecipients()
	}
	if r.file == nil {
		l.noCertificate(r.problems, r.prefix)
		return
	}
	l.certificate(r.problems, r.prefix, r.to.settings, r.file.certs)
	r.file.checkLoops(&l.destinations, "the server that holds the mailboxes")
	r.file.checkLoops(&l.deliverTo, "the server that mail goes to")
}

// later is what several keys say together, as it was written.
type later struct {
	destinations    hostList
	noHosts         *node // destinations, where the list is empty
	deliverTo       hostList
	aliases         []placedName
	recipients      []*node
	cert, key       placedPath // callout.client_cert and client_key
	tlsCert, tlsKey placedPath // those of the gateway

	httpCert, httpKey placedPath // those of the HTTP listener
}

// domainName reads domain.name.
func (r reading) domainName() {
	if !r.is(isText, "text") {
		return
	}
	name, err := parseDomainName(r.node.text)
	if err != nil {
		r.fail("%s", err)
		return
	}
	r.to.domain.Name = name
}

// domainMode is the mode of a word of domain.mode.
func domainMode(word string) domains.Mode {
	for m := domains.ModeCallout; m < domains.ModeOff; m++ {
		if m.String() == word {
			return m
		}
	}
	return domains.ModeOff
}

// needsDestinations reports whether a domain of a mode asks anyone.
func needsDestinations(m domains.Mode) bool {
	return m == domains.ModeCallout || m == domains.ModeListCallout
}
