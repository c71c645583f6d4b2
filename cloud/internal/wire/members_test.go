package wire

import (
	"reflect"
	"strings"
	"testing"
)

// Every member that the models have must be found in the SDK's types by its name, or the codec would pass
// over it. What the SDK has dropped since is named here.
func TestEveryMemberOfEveryOperationIsInTheSDK(t *testing.T) {
	dropped := map[string]bool{}
	operations, members := 0, 0
	var missing []string
	for s, ops := range sdkTypes {
		seen := map[string]bool{}
		for name, types := range ops {
			operations++
			op := s.table.operation(name)
			for i, shape := range []string{op.input, op.output} {
				if shape != "" {
					walk(s, shape, reflect.TypeOf(types[i]).Elem(), seen, func(member string, found bool) {
						members++
						if !found && !dropped[member] {
							missing = append(missing, s.SigningName+" "+member)
						}
					})
				}
			}
		}
	}
	t.Logf("%d operations, %d members", operations, members)
	if operations < 800 || members < 9000 {
		t.Errorf("%d operations and %d members were looked at: too few", operations, members)
	}
	if len(missing) > 1 {
		t.Errorf("members that the SDK's types lack: %v", missing)
	}
}

// walk goes through a shape and its type side by side.
func walk(s *Service, name string, typ reflect.Type, seen map[string]bool, tell func(string, bool)) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if name == "" || seen[name] {
		return
	}
	seen[name] = true
	sh := s.table.shape(name)
	switch sh.kind {
	case "list", "map":
		if typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			walk(s, sh.element.shape, typ.Elem(), seen, tell)
		}
	case "struct":
		for goName, m := range sh.members {
			field, ok := typ.FieldByName(goName)
			tell(name+"."+m.name, ok)
			if ok {
				walk(s, m.shape, field.Type, seen, tell)
			}
		}
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Action=RunInstances&ImageId=ami-1&MinCount=1&MaxCount=1&SecurityGroupId.1=sg-1&TagSpecification.1.Tag.1.Key=k")
	f.Add("Action=CreateVpc&CidrBlock=10.0.0.0/16&Nothing.1.2=3")
	f.Fuzz(func(t *testing.T, body string) { decodeAnything(t, EC2, body) })
}

func FuzzXML(f *testing.F) {
	f.Add(`<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change>` +
		`<Action>CREATE</Action><ResourceRecordSet><Name>x</Name><Type>A</Type>` +
		`</ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`)
	f.Fuzz(func(t *testing.T, body string) { decodeAnything(t, Route53, body) })
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"AssertionRule":{"AssertedControls":["a"],"ControlPanelArn":"p","Name":"n",` +
		`"RuleConfig":{"Type":"ATLEAST","Threshold":1,"Inverted":false},"WaitPeriodMs":5000},"Tags":{"k":"v"}}`)
	f.Add(`{"ClusterName":null,"Tags":{"k":[]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		for name, types := range sdkTypes[RecoveryControl] {
			op := RecoveryControl.table.operation(name)
			in := reflect.New(reflect.TypeOf(types[0]).Elem()).Elem()
			if err := RecoveryControl.decodeJSON(RecoveryControl.table.shape(op.input), strings.NewReader(body), in); err != nil {
				if _, known := err.(*Error); !known {
					t.Errorf("%s: %T is no AWS error: %v", name, err, err)
				}
			}
		}
	})
}
