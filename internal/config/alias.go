package config

import (
	"slices"

	"callout/internal/domains"
)

// mostAliases bounds the aliases of one domain.
const mostAliases = 10_000

// placedName is a name and the value that says it.
type placedName struct {
	name string
	node *node
}

// aliases reads domain.aliases.
func (r reading) aliases() {
	if !r.is(isList, "a list") {
		return
	}
	if len(r.node.items) > mostAliases {
		r.fail("there are %d aliases; write %d at most, and the others as domains", len(r.node.items), mostAliases)
		return
	}
	for _, n := range r.node.items {
		if n.kind != isText {
			r.failItem(n, "%s is not text; write for example \"example.org\"", n.show())
			continue
		}
		name, err := parseDomainName(n.text)
		if err != nil {
			r.failItem(n, "%s", err)
			continue
		}
		r.to.later.aliases = append(r.to.later.aliases, placedName{name, n})
	}
}

// ownAliases gives a domain its aliases, and finds those that it has already.
func (l *later) ownAliases(p *problems, prefix string, d *domains.Domain) {
	seen := make(map[string]bool, len(l.aliases))
	l.aliases = slices.DeleteFunc(l.aliases, func(alias placedName) bool {
		switch {
		case alias.name == d.Name:
			p.add(alias.node.off, prefix+"aliases", "%s is the domain itself; remove it", alias.node.show())
			return true
		case seen[alias.name]:
			p.add(alias.node.off, prefix+"aliases", "%s is in the list already; remove one of the two", alias.node.show())
			return true
		}
		seen[alias.name] = true
		d.Aliases = append(d.Aliases, alias.name)
		return false
	})
}
