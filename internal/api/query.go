package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// maxValue bounds the value of a query parameter, in octets: a cursor may hold an address.
const maxValue = 2000

// checkQuery refuses query parameters that an operation does not take: who writes one believes that it does something.
func checkQuery(op *huma.Operation, query string) *Problem {
	values, err := url.ParseQuery(query)
	if err != nil {
		return newProblem(http.StatusBadRequest, fmt.Sprintf("the query can't be read: %v", err))
	}
	for name, all := range values {
		i := slices.IndexFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		switch {
		case i < 0:
			return newProblem(http.StatusBadRequest, unknownParameter(op, name)).about(name[:min(len(name), 100)])
		case len(all) > 1:
			return newProblem(http.StatusBadRequest, fmt.Sprintf("%s is there %d times; write it once", name, len(all))).about(name)
		}
		if what := unfit(op.Parameters[i].Schema, all[0]); what != "" {
			return newProblem(http.StatusBadRequest, name+" "+what).about(name)
		}
	}
	return nil
}

func unknownParameter(op *huma.Operation, name string) string {
	var known []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			known = append(known, p.Name)
		}
	}
	if len(known) == 0 {
		return fmt.Sprintf("unknown query parameter %.100q; this takes none", name)
	}
	return fmt.Sprintf("unknown query parameter %.100q; there are %s", name, strings.Join(known, ", "))
}

// unfit says why a value is none of its schema, "" where it is one.
func unfit(s *huma.Schema, value string) string {
	switch {
	case len(value) > maxValue:
		return fmt.Sprintf("is longer than %d octets", maxValue)
	case !utf8.ValidString(value): // it would be taken for another
		return "is not in UTF-8"
	case value == "":
		return ""
	case len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(one any) bool { return fmt.Sprint(one) == value }):
		var all []string
		for _, one := range s.Enum {
			all = append(all, fmt.Sprint(one))
		}
		return fmt.Sprintf("%.40q is none of %s", value, strings.Join(all, ", "))
	case s.Type == huma.TypeInteger:
		return unfitNumber(s, value)
	case s.Type == huma.TypeBoolean && value != "true" && value != "false":
		return fmt.Sprintf("%.40q is neither true nor false", value)
	}
	return ""
}

func unfitNumber(s *huma.Schema, value string) string {
	n, err := strconv.Atoi(value)
	if least, most := s.Minimum, s.Maximum; least != nil && most != nil {
		if err != nil || n < int(*least) || n > int(*most) {
			return fmt.Sprintf("%.40q is not a number from %d to %d", value, int(*least), int(*most))
		}
	}
	if err != nil {
		return fmt.Sprintf("%.40q is not a number", value)
	}
	return ""
}
