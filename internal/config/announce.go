package config

import (
	"slices"
	"strconv"
	"strings"
)

// announceable are the EHLO keywords that the gateway can announce.
var announceable = []string{"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "DSN",
	"ENHANCEDSTATUSCODES", "STARTTLS"}

// announceNeeds says which extension may not be announced without which other: RFC 6531 section 3.1 and RFC 3030
// section 3.
var announceNeeds = []struct{ keyword, other string }{{"SMTPUTF8", "8BITMIME"}, {"BINARYMIME", "CHUNKING"}}

// announceDefault is all of them, as the file would say it.
func announceDefault() string {
	quoted := make([]string, len(announceable))
	for i, keyword := range announceable {
		quoted[i] = strconv.Quote(keyword)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// announce reads gateway.announce.
func (r reading) announce() {
	if !r.is(isList, "a list") {
		return
	}
	var all []string
	places := map[string]*node{}
	for _, n := range r.node.items {
		keyword := strings.ToUpper(n.text)
		switch {
		case n.kind != isText || !slices.Contains(announceable, keyword):
			r.failItem(n, "%s can't be announced; write some of %s", n.show(), strings.Join(announceable, ", "))
		case places[keyword] != nil:
			r.failItem(n, "%s is in the list already; remove one of the two", n.show())
		default:
			all = append(all, keyword)
			places[keyword] = n
		}
	}
	for _, need := range announceNeeds {
		if n := places[need.keyword]; n != nil && places[need.other] == nil {
			r.failItem(n, "%s needs %s beside it; write both, or neither", n.show(), need.other)
		}
	}
	r.to.file.config.Gateway.Announce = all
}
