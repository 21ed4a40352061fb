package api

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"callout/internal/domains"
	"callout/internal/operate"
)

// DomainPath is the path of what belongs to a domain.
type DomainPath struct {
	Domain string `path:"domain" doc:"The name of a domain, or of an alias" example:"example.com"`
}

type domainPut struct {
	DomainPath
	IfNoneMatch string `header:"If-None-Match" doc:"*: only add one; 412 where there is one already" example:"*"`
}

type domainList struct {
	Query    string `query:"query" doc:"Only those with a name, or the name of an alias, that contains this"`
	Standing string `query:"standing" enum:"unreachable,mail_put_off,suspect,paused,not_enforced,list_empty,accepts_everything,trouble,unproven,verifies,listed,off,not_asked" doc:"Only those that stand so"`
	Sort     string `query:"sort" enum:"name,-name,trouble" doc:"trouble: those that most want somebody to look, first"`
	Paging
}

// Paging is what every list by pages takes.
type Paging struct {
	Cursor string `query:"cursor" doc:"next, or previous, of another page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" doc:"How many there are on a page; 100 where nothing is said"`
}

// HostList is the hosts of a destination.
type HostList struct {
	Hosts []operate.Host `json:"hosts"`
}

func (a *API) domainOperations() {
	register(a, operation{
		method: http.MethodGet, path: "/domains", id: "list-domains", tag: "Domains", summary: "List the domains", errors: []int{500},
	}, func(c *call, in *domainList, _ *none) (operate.DomainPage, error) {
		return c.api.desk.Domains(c.Context(), c.who, operate.DomainQuery{
			Text: in.Query, Standing: in.Standing, Sort: in.Sort, Cursor: in.Cursor, Limit: in.Limit})
	})
	register(a, operation{
		method: http.MethodGet, path: "/domains/{domain}", id: "show-domain", tag: "Domains", summary: "Show a domain, and how it stands",
		errors: []int{404, 500},
	}, func(c *call, in *DomainPath, _ *none) (operate.Domain, error) {
		return c.api.desk.Domain(c.Context(), c.who, in.Domain)
	})
	register(a, operation{
		method: http.MethodPut, path: "/domains/{domain}", id: "set-domain", tag: "Domains", summary: "Add a domain, or replace its settings",
		description: "What the settings leave out has its default. 409: the domain is in the configuration file. With `If-None-Match: *` one that is " +
			"there stays as it is: 412.",
		example: `{"destinations": ["mx.example.com:25"], "aliases": ["example.org"]}`, bodyType: reflect.TypeFor[DomainSpec](),
		created: "Added", errors: []int{409, 412, 413, 422, 500},
	}, putDomain)
	register(a, operation{
		method: http.MethodDelete, path: "/domains/{domain}", id: "remove-domain", tag: "Domains",
		summary: "Remove a domain, its aliases and all that is known of them", errors: []int{404, 409, 500},
	}, func(c *call, in *DomainPath, _ *none) (operate.Removed, error) {
		return c.api.desk.DeleteDomain(c.Context(), c.who, in.Domain)
	})
	register(a, operation{
		method: http.MethodGet, path: "/domains/{domain}/hosts", id: "list-hosts", tag: "Domains",
		summary: "Show the hosts of a domain's destination, and how they stand", errors: []int{404},
	}, func(c *call, in *DomainPath, _ *none) (HostList, error) {
		hosts, err := c.api.desk.HostsOf(c.Context(), c.who, in.Domain)
		return HostList{hosts}, err
	})
}

func putDomain(c *call, in *domainPut, spec *raw) (operate.Domain, error) {
	if strings.TrimSpace(in.IfNoneMatch) == "*" { // RFC 9110 section 13.1.2; of entity tags there are none that could match
		c.status = http.StatusCreated
		view, err := c.api.desk.AddDomain(c.Context(), c.who, in.Domain, *spec)
		if errors.Is(err, domains.ErrThere) {
			return view, newProblem(http.StatusPreconditionFailed, fmt.Sprintf("domain %.100q is there already, or is an alias", in.Domain))
		}
		return view, err
	}
	view, created, err := c.api.desk.PutDomain(c.Context(), c.who, in.Domain, *spec)
	if created {
		c.status = http.StatusCreated
	}
	return view, err
}
