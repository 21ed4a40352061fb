package operate

import (
	"encoding/json"
	"fmt"

	"callout/internal/callout"
	"callout/internal/config"
	"callout/internal/domains"
)

// noLoop refuses settings in which a destination or next hop is Callout itself, in the words that a file gets. What can't be
// read is left to who reads the settings, and names that lead here by DNS to who asks there: nobody knows for how long they do.
func (k *Desk) noLoop(domain string, spec []byte) error {
	var s struct {
		Destinations []any `json:"destinations"`
		DeliverTo    []any `json:"deliver_to"`
	}
	if json.Unmarshal(spec, &s) != nil {
		return nil
	}
	var found config.Problems
	for _, list := range []struct {
		key   string
		hosts []any
		mend  string
	}{
		{"destinations", s.Destinations, "the server that holds the mailboxes"},
		{"deliver_to", s.DeliverTo, "the server that mail goes to"},
	} {
		for _, text := range texts(list.hosts) {
			host, err := callout.ParseHost(text)
			if err != nil {
				continue
			}
			if listener := k.listener(host); listener != "" {
				found = append(found, &config.Problem{Where: config.Position{File: "domain " + domain}, Key: list.key,
					Text: fmt.Sprintf("%.100q is Callout itself, its %s; name %s", text, listener, list.mend)})
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &domains.SpecError{Err: found[:min(len(found), mostLoops)]}
}

// mostLoops bounds how many hosts are named in one error.
const mostLoops = 10

// texts returns the texts of a list, and of the lists in it.
func texts(list []any) (all []string) {
	for _, one := range list {
		switch one := one.(type) {
		case string:
			all = append(all, one)
		case []any:
			for _, equal := range one {
				if text, ok := equal.(string); ok {
					all = append(all, text)
				}
			}
		}
	}
	return all
}
