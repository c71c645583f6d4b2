package cloudformation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/export"
	"github.com/understudy/understudy/export/exporttest"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/resource"
)

const root = "../.."

// written writes every declaration, with and without what stands.
func written(t *testing.T, check func(*testing.T, *blueprint.Blueprint, *export.Result)) {
	for file, d := range exporttest.Declarations(t, root) {
		t.Run(path.Base(path.Dir(file))+"/"+path.Base(file), func(t *testing.T) {
			for _, b := range []*blueprint.Blueprint{exporttest.Blueprint(t, d), exporttest.Stands(exporttest.Blueprint(t, d))} {
				r, err := Write(b)
				if err != nil {
					t.Fatal(err)
				}
				check(t, b, r)
			}
		})
	}
}

// read is a template as it is read back.
type read struct {
	Parameters map[string]struct{ Type, Description, Default string }
	Resources  map[string]struct {
		Type       string
		DependsOn  any
		Properties map[string]any
	}
	Outputs map[string]struct{ Value any }
}

func templates(t *testing.T, r *export.Result) map[string]read {
	t.Helper()
	all := map[string]read{}
	for name, text := range r.Files {
		if path.Ext(name) != ".yaml" {
			continue
		}
		var one read
		asJSON, err := yaml.YAMLToJSON(text)
		if err == nil {
			err = json.Unmarshal(asJSON, &one)
		}
		if err != nil || len(one.Resources) == 0 {
			t.Fatalf("%s has %d resources: %v", name, len(one.Resources), err)
		}
		all[name] = one
	}
	return all
}

// schema is what CloudFormation's own schemas have of the types that an export may write.
type schema struct{ properties, attributes, required, identifier []string }

func schemas(t *testing.T) map[string]schema {
	t.Helper()
	text, err := os.ReadFile("testdata/resources.json")
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Types map[string]struct{ Properties, Attributes, Required, Identifier string }
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	all := map[string]schema{}
	for name, one := range read.Types {
		all[name] = schema{strings.Fields(one.Properties), strings.Fields(one.Attributes), strings.Fields(one.Required), strings.Fields(one.Identifier)}
	}
	return all
}

// propertiesOf lists what is set in a structure, that of inner ones with their names before it. What is a function is not looked into.
func propertiesOf(v any, before string) (names []string) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if name == "Ref" || strings.HasPrefix(name, "Fn::") {
				return nil
			}
			if names = append(names, before+name); strings.HasSuffix(name, "PolicyDocument") {
				continue // IAM's grammar, of which the schemas say nothing
			}
			names = append(names, propertiesOf(inner, before+name+".")...)
		}
	case []any:
		for _, inner := range v {
			names = append(names, propertiesOf(inner, before)...)
		}
	}
	return names
}

func TestTypesAndPropertiesAreCloudFormations(t *testing.T) {
	all := schemas(t)
	written(t, func(t *testing.T, _ *blueprint.Blueprint, r *export.Result) {
		for name, one := range templates(t, r) {
			for id, resource := range one.Resources {
				known, ok := all[resource.Type]
				if !ok {
					t.Errorf("%s: there is no %s", name, resource.Type)
				}
				for _, p := range propertiesOf(resource.Properties, "") {
					if !slices.Contains(known.properties, p) {
						t.Errorf("%s: %s, a %s, has no property %s", name, id, resource.Type, p)
					}
				}
				for _, p := range known.required {
					if _, ok := resource.Properties[p]; !ok {
						t.Errorf("%s: %s, a %s, needs the property %s", name, id, resource.Type, p)
					}
				}
			}
		}
	})
}

// reference is a Ref, or an attribute of a resource.
type reference struct{ to, attribute string }

func referencesIn(v any) (all []reference) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			switch to := inner.(type) {
			case string:
				if name == "Ref" {
					all = append(all, reference{to: to})
				}
			case []any:
				if name == "Fn::GetAtt" {
					all = append(all, reference{fmt.Sprint(to[0]), fmt.Sprint(to[1])})
					continue
				}
				all = append(all, referencesIn(to)...)
			default:
				all = append(all, referencesIn(to)...)
			}
		}
	case []any:
		for _, inner := range v {
			all = append(all, referencesIn(inner)...)
		}
	}
	return all
}

func TestReferencesResolve(t *testing.T) {
	all := schemas(t)
	written(t, func(t *testing.T, _ *blueprint.Blueprint, r *export.Result) {
		files := templates(t, r)
		for name, one := range files {
			used := map[string]bool{}
			check := func(where string, refs []reference) {
				for _, ref := range refs {
					used[ref.to] = true
					_, parameter := one.Parameters[ref.to]
					resource, ok := one.Resources[ref.to]
					switch {
					case ref.attribute == "" && (ok || parameter):
					case ok && slices.Contains(all[resource.Type].attributes, ref.attribute):
					default:
						t.Errorf("%s: %s refers to %v, which is not there", name, where, ref)
					}
				}
			}
			for id, resource := range one.Resources {
				check(id, referencesIn(any(resource.Properties)))
				for _, dep := range dependencies(resource.DependsOn) {
					if _, ok := one.Resources[dep]; !ok {
						t.Errorf("%s: %s depends on %s, which is not there", name, id, dep)
					}
				}
			}
			for id, output := range one.Outputs {
				check(id, referencesIn(output.Value))
			}
			if strings.HasPrefix(name, "import/") {
				if len(one.Outputs) > 0 {
					t.Errorf("%s has outputs, which an import may not add", name)
				}
				continue
			}
			for id, p := range one.Parameters {
				if !used[id] {
					t.Errorf("%s: the parameter %s is not used", name, id)
				}
				var output, file string
				if n, _ := fmt.Sscanf(p.Description, "The output %s of the stack of %s", &output, &file); n == 2 {
					if _, ok := files[file].Outputs[output]; !ok {
						t.Errorf("%s: the parameter %s is the output %s of %s, which has none", name, id, output, file)
					}
				}
			}
		}
	})
}

func dependencies(v any) (ids []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			ids = append(ids, fmt.Sprint(one))
		}
	}
	return ids
}

func TestEveryPieceIsWritten(t *testing.T) {
	written(t, func(t *testing.T, b *blueprint.Blueprint, r *export.Result) {
		tr, err := translated(b)
		if err != nil {
			t.Fatal(err)
		}
		all := templates(t, r)
		for _, p := range b.Pieces {
			parameters := map[blueprint.Kind]string{blueprint.KindImage: imageParameter, blueprint.KindUsedImage: imageParameter,
				blueprint.KindHostImage: hostImageParameter}
			if p.Kind == blueprint.KindGivenVPC || p.Kind == blueprint.KindGivenSubnet {
				parameters[p.Kind] = givenParameter(p)
			}
			if name, looked := parameters[p.Kind]; looked {
				if _, ok := all[home(p)+".yaml"].Parameters[name]; !ok {
					t.Errorf("%s is no parameter", p.ID)
				}
				continue
			}
			one := tr.of[p.ID]
			if one == nil {
				t.Errorf("%s is nowhere", p.ID)
			} else if _, ok := all[home(p)+".yaml"].Resources[one.id]; !ok {
				t.Errorf("%s is not in %s", p.ID, home(p))
			}
		}
	})
}

// chosenBy is the property by which Route 53 chooses a record.
func chosenBy(d *understudy.Declaration) string {
	return map[understudy.Routing]string{
		understudy.RoutingFailover: "Failover", understudy.RoutingWeighted: "Weight", understudy.RoutingLatency: "Region",
	}[d.Failover.Routing]
}

func chosen(d *understudy.Declaration, side understudy.Side) string {
	return map[understudy.Routing]string{
		understudy.RoutingFailover: strings.ToUpper(string(side)), understudy.RoutingWeighted: fmt.Sprint(d.Regions[side].Weight),
		understudy.RoutingLatency: d.Regions[side].Name,
	}[d.Failover.Routing]
}

func TestValuesAreTheDeclarations(t *testing.T) {
	written(t, func(t *testing.T, b *blueprint.Blueprint, r *export.Result) {
		all, d := templates(t, r), b.Declaration
		_, port := d.Entry()
		for where, want := range map[string]any{
			"primary.yaml TargetGroup Port":                                    d.Service.Port,
			"primary.yaml TargetGroup HealthCheckIntervalSeconds":              d.Target.Interval,
			"primary.yaml TargetGroup UnhealthyThresholdCount":                 d.Target.Unhealthy,
			"primary.yaml Listener Port":                                       port,
			"secondary.yaml Fleet MinSize":                                     d.Fleet.Min,
			"secondary.yaml Fleet MaxSize":                                     d.Fleet.Max,
			"secondary.yaml Fleet DesiredCapacity":                             d.Fleet.Desired,
			"primary.yaml LaunchTemplate LaunchTemplateData.InstanceType":      d.InstanceType(understudy.Primary),
			"dns.yaml PrimaryHealthCheck HealthCheckConfig.RequestInterval":    d.Failover.Interval,
			"dns.yaml SecondaryHealthCheck HealthCheckConfig.FailureThreshold": d.Failover.Threshold,
			"dns.yaml PrimaryHealthCheck HealthCheckConfig.ResourcePath":       d.Failover.Check.Path,
			"records.yaml PrimaryRecord Name":                                  d.Host(),
			"records.yaml PrimaryRecord " + chosenBy(d):                        chosen(d, understudy.Primary),
			"records.yaml SecondaryRecord " + chosenBy(d):                      chosen(d, understudy.Secondary),
		} {
			if v := valueAt(all, where); fmt.Sprint(v) != fmt.Sprint(want) {
				t.Errorf("%s is %v, not %v", where, v, want)
			}
		}
		networksAreTheDeclarations(t, all, d)
		if policy := d.ParametersPolicy(); policy != "" {
			parametersAreRead(t, all["roles.yaml"], policy)
		}
	})
}

// valueAt is a property, written as its template, its resource and its name.
func valueAt(all map[string]read, where string) any {
	at := strings.Fields(where)
	var v any = all[at[0]].Resources[at[1]].Properties
	for _, name := range strings.Split(at[2], ".") {
		inner, _ := v.(map[string]any)
		v = inner[name]
	}
	return v
}

// networksAreTheDeclarations: a network has its addresses, or is a parameter if it is somebody else's, with its id where that is declared.
func networksAreTheDeclarations(t *testing.T, all map[string]read, d *understudy.Declaration) {
	t.Helper()
	for side, r := range d.Regions {
		template := string(side) + ".yaml"
		if !r.Given() {
			for where, want := range map[string]any{"Vpc": r.CIDR, "SubnetPublicB": r.Subnets()[1].CIDR} {
				if v := valueAt(all, template+" "+where+" CidrBlock"); fmt.Sprint(v) != fmt.Sprint(want) {
					t.Errorf("%s of %s has %v, not %v", where, template, v, want)
				}
			}
			continue
		}
		if _, made := all[template].Resources["Vpc"]; made || valueAt(all, template+" TargetGroup VpcId.Ref") != "Vpc" {
			t.Errorf("%s does not have its target group in the network that is there", template)
		}
		stands := all[template].Parameters["SubnetPrivateB"].Default
		if ids := r.Network.Private.IDs; len(ids) > 0 && stands != ids[1] && stands != exporttest.ID(string(side)+"/subnet private-b") {
			t.Errorf("the second private subnet of %s is %s, of %v", template, stands, ids)
		}
	}
}

// parametersAreRead looks for the policy by which instances read the parameters of their environment.
func parametersAreRead(t *testing.T, roles read, policy string) {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"PolicyName": "understudy-environment", "PolicyDocument": document}
	policies, _ := roles.Resources["InstanceRoleItself"].Properties["Policies"].([]any)
	if !slices.ContainsFunc(policies, func(p any) bool { return reflect.DeepEqual(p, want) }) {
		t.Errorf("the role's policies are %v, without %v", policies, want)
	}
}

// What stands is imported by the properties by which CloudFormation finds it, and a template for it has that alone.
func TestImports(t *testing.T) {
	all := schemas(t)
	for file, d := range exporttest.Declarations(t, root) {
		r, err := Write(exporttest.Stands(exporttest.Blueprint(t, d)))
		if err != nil {
			t.Fatal(file, err)
		}
		files := templates(t, r)
		for _, name := range []string{"primary", "secondary", "dns"} {
			var list []struct {
				ResourceType, LogicalResourceId string
				ResourceIdentifier              map[string]string
			}
			if err := json.Unmarshal(r.Files["import/"+name+".json"], &list); err != nil {
				t.Fatal(file, err)
			}
			var ids []string
			for _, one := range list {
				ids = append(ids, one.LogicalResourceId)
				by := slices.Sorted(maps.Keys(one.ResourceIdentifier))
				if want := slices.Sorted(slices.Values(all[one.ResourceType].identifier)); !slices.Equal(by, want) {
					t.Errorf("%s: %s is found by %v, not %v", file, one.ResourceType, want, by)
				}
			}
			slices.Sort(ids)
			if diff := cmp.Diff(ids, slices.Sorted(maps.Keys(files["import/"+name+".yaml"].Resources))); diff != "" {
				t.Errorf("%s: %s imports, and has the resources (-list +template)\n%s", file, name, diff)
			}
			for id, resource := range files[name+".yaml"].Resources {
				if !slices.Contains(ids, id) && resource.Type != "AWS::AutoScaling::ScalingPolicy" && resource.Type != "AWS::AutoScaling::ScheduledAction" {
					t.Errorf("%s: %s, a %s, is not imported", file, id, resource.Type)
				}
			}
		}
	}
}

func TestSameBytesEachTime(t *testing.T) {
	written(t, func(t *testing.T, b *blueprint.Blueprint, r *export.Result) {
		again, err := Write(b)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range r.Files {
			if !bytes.Equal(text, again.Files[name]) {
				t.Errorf("%s is another the second time", name)
			}
		}
	})
}

// What no translation knows is refused by its name, and so is a setting that none reads.
func TestTheUnknownIsRefused(t *testing.T) {
	for says, change := range map[string]func(*blueprint.Piece){
		"primary/vpc: CloudFormation's export knows no wormhole": func(p *blueprint.Piece) { p.Kind = "wormhole" },
		`primary/vpc: tenancy is "dedicated"`: func(p *blueprint.Piece) {
			p.Settings = append(p.Settings, resource.Field{Name: "tenancy", Value: "dedicated"})
		},
	} {
		for _, d := range exporttest.Declarations(t, root) {
			if d.GivenNetwork() {
				continue // its first piece is another
			}
			b := exporttest.Blueprint(t, d)
			change(&b.Pieces[0])
			if _, err := Write(b); b.Pieces[0].ID != "primary/vpc" || err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v does not say %s", err, says)
			}
		}
	}
}
