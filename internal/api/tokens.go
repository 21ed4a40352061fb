package api

import (
	"net/http"
	"time"

	"callout/internal/access"
)

type idPath struct {
	ID string `path:"id" doc:"The ID of a token"`
}

// TokenRequest is what POST tokens takes.
type TokenRequest struct {
	Label   string    `json:"label" minLength:"1" maxLength:"100" doc:"What it is for"`
	Owner   string    `json:"owner,omitempty" doc:"The user whose token it is, who bounds what it may; only an admin may name one"`
	Role    string    `json:"role" enum:"admin,domain" doc:"domain: only the domains below"`
	Domains []string  `json:"domains,omitempty" doc:"For the role domain"`
	Write   bool      `json:"write,omitempty" doc:"false: it reads, changes nothing and sends no callout"`
	Expires time.Time `json:"expires,omitzero" doc:"Absent: never"`
}

// TokenMade is a token with its secret, which is shown this once.
type TokenMade struct {
	Secret string       `json:"secret" doc:"What Authorization: Bearer takes. It is shown this once, and stored as a hash"`
	Token  access.Token `json:"token"`
}

// TokenPage is one page of tokens, the newest first.
type TokenPage struct {
	Tokens []access.Token `json:"tokens"`
	Next   string         `json:"next,omitempty" doc:"Cursor of the next page, absent on the last"`
}

func (a *API) tokenOperations() {
	const tag = "Access"
	register(a, operation{
		method: http.MethodGet, path: "/tokens", id: "list-tokens", tag: tag, summary: "List tokens, without their secrets",
		description: "An admin sees all, a token of the role domain itself.",
	}, listTokens)
	register(a, operation{
		method: http.MethodPost, path: "/tokens", id: "create-token", tag: tag, summary: "Make a token",
		example: `{"label": "panel", "role": "domain", "domains": ["example.com"], "write": true, "expires": "2027-12-31T00:00:00Z"}`,
		created: "Made", errors: []int{413, 422, 500},
	}, createToken)
	register(a, operation{
		method: http.MethodDelete, path: "/tokens/{id}", id: "revoke-token", tag: tag, summary: "Revoke a token", errors: []int{404, 500},
	}, func(c *call, in *idPath, _ *none) (Removed, error) {
		return Removed{Removed: in.ID}, c.api.desk.DeleteToken(c.Context(), c.who, in.ID)
	})
}

func listTokens(c *call, in *Paging, _ *none) (TokenPage, error) {
	page, next, err := pageOf("tokens by time", c.api.desk.Tokens(c.who), func(t access.Token) string {
		return descendingTime(t.Created) + t.ID
	}, in)
	return TokenPage{page, next}, err
}

func createToken(c *call, _ *struct{}, body *TokenRequest) (TokenMade, error) {
	secret, made, err := c.api.desk.CreateToken(c.Context(), c.who, access.Token{Label: body.Label, Owner: body.Owner,
		Role: access.Role(body.Role), Domains: body.Domains, Write: body.Write, Expires: body.Expires})
	c.status = http.StatusCreated
	return TokenMade{secret, made}, err
}
