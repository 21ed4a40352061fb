package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"callout/internal/access"
	"callout/internal/operate"
)

type userPath struct {
	Name string `path:"name" doc:"1 to 64 of a-z 0-9 . _ - @" example:"anna"`
}

type userPut struct {
	Name        string `path:"name" doc:"1 to 64 of a-z 0-9 . _ - @" example:"anna"`
	IfNoneMatch string `header:"If-None-Match" doc:"*: only add one; 412 where there is one already" example:"*"`
}

// UserRequest is what PUT users takes.
type UserRequest struct {
	Role     string   `json:"role" enum:"admin,domain" doc:"domain: only their domains"`
	Domains  []string `json:"domains,omitempty" doc:"Theirs, for the role domain; aliases follow their domain"`
	Password string   `json:"password,omitempty" minLength:"10" maxLength:"256" doc:"Left out: the one that is there stays; a new user needs one"`
}

// UserChange is what PATCH users takes. What is left out stays.
type UserChange struct {
	Role     string   `json:"role,omitempty" enum:"admin,domain" doc:"admin: they have no domains of their own any more"`
	Domains  []string `json:"domains,omitzero" doc:"All that are to be theirs"`
	Password string   `json:"password,omitempty" minLength:"10" maxLength:"256"`
}

// UserPage is one page of users, in the order of their names.
type UserPage struct {
	Users []access.User `json:"users"`
	Next  string        `json:"next,omitempty" doc:"Cursor of the next page, absent on the last"`
}

func (a *API) userOperations() {
	const tag = "Access"
	register(a, operation{
		method: http.MethodGet, path: "/users", id: "list-users", tag: tag, summary: "List the users",
	}, listUsers)
	register(a, operation{
		method: http.MethodGet, path: "/users/{name}", id: "show-user", tag: tag, summary: "Show a user", errors: []int{404},
	}, func(c *call, in *userPath, _ *none) (access.User, error) {
		return c.api.desk.User(c.Context(), c.who, in.Name)
	})
	register(a, operation{
		method: http.MethodPut, path: "/users/{name}", id: "set-user", tag: tag, summary: "Add a user, or change one",
		description: "With `If-None-Match: *` one who is there stays as they are: 412. 409: it is the last admin.",
		example:     `{"role": "domain", "domains": ["example.com"], "password": "correct horse battery"}`, created: "Added",
		errors: []int{409, 412, 413, 422, 500},
	}, putUser)
	register(a, operation{
		method: http.MethodPatch, path: "/users/{name}", id: "change-user", tag: tag, summary: "Change what is given of a user",
		description: "What is left out stays as it is at that moment. 409: it is the last admin.",
		example:     `{"password": "correct horse battery"}`, errors: []int{404, 409, 413, 422, 500},
	}, func(c *call, in *userPath, body *UserChange) (access.User, error) {
		return c.api.desk.ChangeUser(c.Context(), c.who, in.Name, access.UserChange{Role: access.Role(body.Role), Domains: body.Domains, Password: body.Password})
	})
	register(a, operation{
		method: http.MethodDelete, path: "/users/{name}", id: "remove-user", tag: tag, summary: "Remove a user, with their tokens and sessions",
		description: "409: it is the last admin.", errors: []int{404, 409, 500},
	}, func(c *call, in *userPath, _ *none) (Removed, error) {
		return Removed{Removed: in.Name}, c.api.desk.DeleteUser(c.Context(), c.who, in.Name)
	})
}

// Removed says what there is no more: a user by name, a token by its ID.
type Removed = operate.Removed

func listUsers(c *call, in *Paging, _ *none) (UserPage, error) {
	all, err := c.api.desk.Users(c.Context(), c.who)
	if err != nil {
		return UserPage{}, err
	}
	page, next, err := pageOf("users", all, func(u access.User) string { return u.Name }, in)
	return UserPage{page, next}, err
}

func putUser(c *call, in *userPut, body *UserRequest) (access.User, error) {
	want := access.UserChange{Role: access.Role(body.Role), Domains: body.Domains, Password: body.Password}
	if strings.TrimSpace(in.IfNoneMatch) == "*" { // RFC 9110 section 13.1.2; of entity tags there are none that could match
		c.status = http.StatusCreated
		u, err := c.api.desk.AddUser(c.Context(), c.who, in.Name, want)
		if errors.Is(err, access.ErrThere) {
			return u, newProblem(http.StatusPreconditionFailed, fmt.Sprintf("user %.100q is there already; change them with PATCH", in.Name))
		}
		return u, err
	}
	u, created, err := c.api.desk.PutUser(c.Context(), c.who, in.Name, want)
	if created {
		c.status = http.StatusCreated
	}
	return u, err
}
