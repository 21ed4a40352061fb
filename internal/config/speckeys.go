package config

// SpecKey is a key that the settings of a domain may have when they come as JSON: one of a [[domain]], but its name.
type SpecKey struct {
	Name    string // as it is written
	About   string // what it is for, in a line
	Takes   string // what it takes, in words
	Default string // as the file would say it, "" where it must be there or depends on others
}

// SpecKeys returns them all, in the order of the documentation.
func SpecKeys() []SpecKey {
	var all []SpecKey
	for i := range schema {
		k := &schema[i]
		if byDomainName[k.name] != k || k.table == "domain" && k.name == "name" {
			continue
		}
		all = append(all, SpecKey{Name: k.name, About: k.about, Takes: k.takes.words, Default: k.def})
	}
	return all
}
