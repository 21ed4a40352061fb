package domains

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// layout says which domain has which name. A name has one domain; the file goes before the store, and within each
// a domain before an alias.
type layout struct {
	file   map[string]bool    // names that the file has, aliases too
	built  map[string]*Domain // domains that are served, as they were built: without epoch and stored recipients
	owner  map[string]string  // the domain of each name that is served, aliases too
	hidden map[string]string  // names that are not served because another domain has them, and whose they would be
}

// lay finds the domain of each name. The error says which stored domain can't be built and what to do.
func lay(file []*Domain, stored map[string][]byte, build BuildFunc) (*layout, error) {
	l := &layout{
		file:   make(map[string]bool, len(file)),
		built:  make(map[string]*Domain, len(file)+len(stored)),
		owner:  make(map[string]string, len(file)+len(stored)),
		hidden: map[string]string{},
	}
	for _, d := range file {
		l.name(d)
	}
	for _, d := range file {
		l.aliases(d)
	}
	l.file = make(map[string]bool, len(l.owner))
	for name := range l.owner {
		l.file[name] = true
	}
	names := slices.Sorted(maps.Keys(stored)) // sorted: the same error, and the same winner, each time
	for _, name := range names {
		if l.file[name] {
			l.hidden[name] = name
			continue // not built: so the file can take the place of settings that this version can't read
		}
		d, err := build(name, stored[name])
		if err != nil {
			return nil, unbuildable(name, err)
		}
		l.name(d)
	}
	for _, name := range names {
		if !l.file[name] {
			l.aliases(l.built[name])
		}
	}
	return l, nil
}

// name gives a domain its name.
func (l *layout) name(d *Domain) {
	l.built[d.Name] = d
	l.owner[d.Name] = d.Name
}

// aliases gives a domain those of its aliases that are free, and hides the others.
func (l *layout) aliases(d *Domain) {
	var free []string
	for _, alias := range d.Aliases {
		if owner, taken := l.owner[alias]; taken && owner != d.Name {
			l.hidden[alias] = d.Name
			continue
		}
		l.owner[alias] = d.Name
		free = append(free, alias)
	}
	if len(free) < len(d.Aliases) {
		cut := *d
		cut.Aliases = free
		l.built[d.Name] = &cut
	}
}

// drop takes a domain out, with its aliases and those that were hidden.
func (l *layout) drop(name string) {
	if d := l.built[name]; d != nil {
		for _, n := range d.Names() {
			delete(l.owner, n)
		}
	}
	delete(l.built, name)
	maps.DeleteFunc(l.hidden, func(_, owner string) bool { return owner == name })
}

// unbuildable words the error for a stored domain that was good when it was stored: most likely by a newer
// version.
func unbuildable(name string, err error) error {
	why := strings.ReplaceAll(strings.TrimPrefix(err.Error(), "domain "+name+": "), "\n", ", ")
	return fmt.Errorf("stored domain %s: %s; start the version of callout that stored it, "+
		"or put the domain into the configuration file, which then counts", name, why)
}
