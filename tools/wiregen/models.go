package main

// The models are read from this module's folder; the import keeps its version in go.mod.
import _ "github.com/aws/aws-sdk-go"
