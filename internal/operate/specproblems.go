package operate

import (
	"errors"

	"callout/internal/config"
	"callout/internal/domains"
)

// SpecProblem is one thing that is wrong with the settings of a domain.
type SpecProblem struct {
	Key  string // that it is about, "" for none
	Text string // what is wrong and what to write instead, on one line
}

// SpecProblems returns what an error of PutDomain says of the settings, key by key; nil where it is about something else.
func SpecProblems(err error) []SpecProblem {
	spec, ok := errors.AsType[*domains.SpecError](err)
	if !ok {
		return nil
	}
	found, ok := errors.AsType[config.Problems](err)
	if !ok { // a name that another domain has
		return []SpecProblem{{Text: spec.Error()}}
	}
	all := make([]SpecProblem, len(found))
	for i, p := range found {
		all[i] = SpecProblem{p.Key, p.Text}
	}
	return all
}
