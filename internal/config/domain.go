package config

import (
	"slices"

	"callout/internal/callout"
	"callout/internal/domains"
)

// mostHosts bounds the hosts of one domain.
const mostHosts = 32

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
	for _, item := range e.node.items {
		if f.full() {
			return
		}
		if item.kind != isTable {
			f.add(item.off, "domain", "%s is not a domain; write [[domain]] for each domain", item.show())
			continue
		}
		d := f.domain(item)
		if name, ok := item.find("name"); ok && d.Name != "" {
			if off, ok := first[d.Name]; ok {
				f.add(name.node.off, "domain.name", "%s is the domain of line %d again; remove one of the two",
					name.node.show(), f.doc.position(off).Line)
				continue
			}
			first[d.Name] = name.node.off
		}
		f.config.Domains = append(f.config.Domains, d)
	}
}

// domain reads one [[domain]]. Its name is "" where there is none that can be used.
func (f *fileReader) domain(n *node) *domains.Domain {
	d := &domains.Domain{Origin: domains.FromFile, Settings: f.config.Defaults}
	for _, e := range n.keys {
		readDomainKey(f.problems, "domain.", e, d)
	}
	if slices.ContainsFunc(n.keys, func(e entry) bool { _, known := byDomainName[e.name]; return !known }) {
		return d // what seems to be missing may be the key that was mistyped, which has been named
	}
	name, ok := n.find("name")
	if !ok {
		f.add(n.off, "domain", "this [[domain]] has no name; write name = \"example.com\"")
	}
	if _, has := n.find("destinations"); !has && ok {
		f.add(n.off, "domain", "%s has no destinations; write destinations = [\"mx.example.com:25\"]", name.node.show())
	}
	return d
}

// readDomainKey reads one key of a domain; prefix is what comes before its name in problems.
func readDomainKey(p *problems, prefix string, e entry, d *domains.Domain) {
	k, ok := byDomainName[e.name]
	switch {
	case ok:
		k.takes.read(reading{p, k, prefix + e.name, e.node, target{settings: &d.Settings, domain: d}})
	case slices.Contains(tables, e.name):
		p.add(e.off, prefix+e.name, "a domain has no tables; write the keys of [%s] among its own", e.name)
	default:
		p.add(e.off, prefix+bare(e.name), "%s", unknownMend("domain", e.name))
	}
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

// destinations reads domain.destinations: hosts in the order of their priority, those of equal priority in a
// list of their own.
func (r reading) destinations() {
	if !r.is(isList, "a list") {
		return
	}
	if len(r.node.items) == 0 {
		r.fail("the list is empty; write for example %s", r.key.takes.example)
		return
	}
	var all callout.Destination
	seen := make([]callout.Host, 0, len(r.node.items))
	for _, item := range r.node.items {
		group := []*node{item}
		if item.kind == isList {
			group = item.items
		}
		if len(group) == 0 {
			r.failItem(item, "a list in the list is empty; remove it")
		}
		hosts := make([]callout.Host, 0, len(group))
		for _, n := range group {
			h, ok := r.host(n, seen)
			if !ok {
				continue
			}
			if len(seen) == mostHosts {
				r.failItem(n, "there are more than %d hosts; leave some out", mostHosts)
				return
			}
			hosts, seen = append(hosts, h), append(seen, h)
		}
		all = append(all, hosts)
	}
	r.to.domain.Destination = all
}

// host reads one host that is not among those seen.
func (r reading) host(n *node, seen []callout.Host) (callout.Host, bool) {
	if n.kind != isText || len(n.text) > maxName {
		r.failItem(n, "%s is not host:port; write for example \"mx.example.com:25\"", n.show())
		return callout.Host{}, false
	}
	h, err := callout.ParseHost(n.text)
	if err != nil {
		r.failItem(n, "%s", err)
		return callout.Host{}, false
	}
	if slices.Contains(seen, h) {
		r.failItem(n, "%s is in the list already; remove one of the two", n.show())
		return callout.Host{}, false
	}
	return h, true
}
