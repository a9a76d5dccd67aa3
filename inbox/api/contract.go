package api

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/labstack/echo/v4"
)

// contracted holds requests to the document before a handler sees them. What
// is missing there would look like a zero value here: "not urgent", "nobody's".
func contracted(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		operation := operationOf(c)
		route, ok := contract()[operation]
		if !ok {
			return next(c)
		}
		params := map[string]string{}
		for _, name := range c.ParamNames() {
			params[name] = c.Param(name)
		}
		err := openapi3filter.ValidateRequest(c.Request().Context(), &openapi3filter.RequestValidationInput{
			Request: c.Request(), PathParams: params, QueryParams: given(c.QueryParams()), Route: route,
			Options: &openapi3filter.Options{
				ExcludeRequestBody:  uploads[operation], // read once, as a stream
				SkipSettingDefaults: true,
				AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc, // see authenticate
			},
		})
		if err != nil {
			return err
		}
		return next(c)
	}
}

// given are the parameters that have a value: an empty one says nothing.
func given(query url.Values) url.Values {
	out := url.Values{}
	for name, values := range query {
		if len(values) > 0 && values[0] != "" {
			out[name] = values
		}
	}
	return out
}

// operationOf names the operation of a request as open, passive and uploads do.
func operationOf(c echo.Context) string { return c.Request().Method + " " + c.Path() }

// contract is what the document says of each operation.
var contract = sync.OnceValue(func() map[string]*routers.Route {
	doc, err := openapi3.NewLoader().LoadFromData(document)
	if err == nil {
		err = doc.Validate(context.Background())
	}
	if err != nil {
		panic(fmt.Sprintf("api: openapi.yaml is not valid: %v", err)) // it is part of the program
	}
	routes := map[string]*routers.Route{}
	for path, item := range doc.Paths.Map() {
		mounted := "/api/v1" + strings.NewReplacer("{", ":", "}", "").Replace(path)
		for method, operation := range item.Operations() {
			routes[method+" "+mounted] = &routers.Route{
				Spec: doc, Path: path, PathItem: item, Method: method, Operation: operation,
			}
		}
	}
	return routes
})

// fieldOf names what a request has wrong, as the document calls it.
func fieldOf(err *openapi3filter.RequestError) string {
	if err.Parameter != nil {
		return err.Parameter.Name
	}
	if schema, ok := errors.AsType[*openapi3.SchemaError](err.Err); ok {
		return strings.Join(schema.JSONPointer(), ".")
	}
	return ""
}
