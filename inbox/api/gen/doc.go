// Package gen holds what is generated from ../openapi.yaml: the shapes of the
// API and the server interface that package api implements. Do not edit the
// generated file; run make generate.
package gen

//go:generate go tool oapi-codegen -config server.yaml ../openapi.yaml
