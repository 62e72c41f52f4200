// SPDX-License-Identifier: MIT
/*
 * Wrong scenarios and the messages they get, all of them, with line and column.
 */
#include "tests/scenario/fixture.h"

#include <errno.h>
#include <unistd.h>

#define VM0  "vms:\n  - name: vm0\n" /* keys of the VM follow, from line 3, column 5 */
#define STEP "vms: [{name: vm0, workload: {steps: [\n  " /* steps follow, from line 2, column 3 */

struct row {
	const char *text;
	const char *messages;
};

static const struct row yaml_rows[] = {
	{"",										"bad.yaml:1:1: there is nothing in it\n"                                  },
	{ "# only a comment\n",							     "bad.yaml:1:1: there is nothing in it\n"                                  },
	{ "vms: [1, 2\nseed: 3\n",
         "bad.yaml:2:8: not YAML: flow sequence without a closing bracket\n"											  },
	{ "title: \"open\n  end\n",
         "bad.yaml:1:9: not YAML: double-quoted scalar without closing quote\n"										       },
	{ "seed: 1\n  title: x\n",							  "bad.yaml:1:7: not YAML: invalid multiline plain key\n"                   },
	{ "seed: \xff\n",								   "bad.yaml:1:7: a byte that is not UTF-8; expected text\n"                 },
	{ "title: \xc3\xa9\xc3\xa9 \xe2\x82\n",
         "bad.yaml:1:11: a byte that is not UTF-8; expected text\n"												   },
 /* an overlong form, a surrogate, beyond Unicode */
	{ "seed: \xe0\x80\x80\n",							   "bad.yaml:1:7: a byte that is not UTF-8; expected text\n"                 },
	{ "seed: \xed\xa0\x80\n",							   "bad.yaml:1:7: a byte that is not UTF-8; expected text\n"                 },
	{ "seed: \xf4\x90\x80\x80\n",						       "bad.yaml:1:7: a byte that is not UTF-8; expected text\n"                 },
	{ "title: \"a\\0b\"\n" FIXTURE_VMS,						 "bad.yaml:1:8: a value contains a NUL character\n"                        },
	{ "a: 1\n---\nb: 2\n",							      "bad.yaml:2:1: a second document; expected one\n"                         },
	{ "seed: *x\n",								     "bad.yaml:1:7: alias '*x' has no anchor '&x' before it\n"                 },
	{ "seed: &x [*x]\n",								"bad.yaml:1:11: alias '*x' has no anchor '&x' before it\n"                },
	{ "? [a, b]\n: 1\n",								"bad.yaml:1:3: a key must be a plain name\n"                              },
	{ "seed: !!int 5\n" FIXTURE_VMS,						    "bad.yaml:1:7: tags ('!...') are not supported\n"                         },
	{ FIXTURE_VMS "seed: 1\nseed: 2\n",
         "bad.yaml:5:1: key 'seed' is given twice; first in line 4\n"												 },
	{ "seed: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
         "bad.yaml:1:38: nested deeper than 32 levels\n"													      },
	{ "[1, 2]\n",								       "bad.yaml:1:1: a scenario is a list; expected a mapping of keys\n"        },
	{ "hello\n",									"bad.yaml:1:1: a scenario is a single value; expected a mapping of keys\n"},
};

static const struct row scenario_rows[] = {
	{"seed: 1\n",									    "bad.yaml:1:1: key 'vms' is missing in a scenario\n"                },
	{ "sed: 1\n" FIXTURE_VMS,
         "bad.yaml:1:1: unknown key 'sed' in a scenario; did you mean 'seed'?\n"										     },
	{ "frobnicate: 1\n" FIXTURE_VMS,							 "bad.yaml:1:1: unknown key 'frobnicate' in a scenario\n"            },
	{ "<<: 1\n" FIXTURE_VMS,								 "bad.yaml:1:1: merge keys ('<<') are not supported\n"
				 "bad.yaml:1:1: unknown key '<<' in a scenario\n"                                                    },
	{ "seed: -1\n" FIXTURE_VMS,							      "bad.yaml:1:7: 'seed' is '-1'; expected a whole number, 0 to "
				    "9223372036854775807\n"								       },
	{ "seed: 9223372036854775808\n" FIXTURE_VMS,
         "bad.yaml:1:7: 'seed' is 9223372036854775808; expected 0 to 9223372036854775807\n"                                                                          },
	{ "seed: \"1\"\n" FIXTURE_VMS,
         "bad.yaml:1:7: 'seed' is '1'; expected a whole number, 0 to 9223372036854775807\n"                                                                          },
	{ "seed:\n" FIXTURE_VMS,								 "bad.yaml:1:1: 'seed' is nothing; expected a single value\n"        },
	{ "title: [a]\n" FIXTURE_VMS,
         "bad.yaml:1:8: 'title' is a list; expected a single value\n"												},
	{ "scenario: a b\n" FIXTURE_VMS,
         "bad.yaml:1:11: 'scenario' is 'a b'; expected a name of at most 31 letters, digits, '_' "
	  "and '-', not only digits\n"															       },
	{ "platform: fast\n" FIXTURE_VMS,
         "bad.yaml:1:11: 'platform' is a single value; expected a mapping of keys\n"                                                                                 },
	{ "platform: {harware: x}\n" FIXTURE_VMS,
         "bad.yaml:1:12: unknown key 'harware' in 'platform'; did you mean 'hardware'?\n"                                                                            },
	{ "platform: {set: 5}\n" FIXTURE_VMS,
         "bad.yaml:1:17: 'set' is a single value; expected a mapping of parameters\n"                                                                                },
	{ "platform:\n  set:\n    exit.transitoin: 1us\n    costs.exit.reentry: 5\n"
	  "    hardware.context.laod: 1ns\n    interrupt.posted: yes\n    mmio.read: [1ns]\n"
	  "    mmio.write: 2s\n" FIXTURE_VMS,
         "bad.yaml:3:5: unknown parameter 'exit.transitoin'; did you mean 'exit.transition'?\n"
	  "bad.yaml:4:25: 'exit.reentry': '5' has no unit; expected one of ps, ns, us, ms, s\n"
	  "bad.yaml:5:5: unknown parameter 'hardware.context.laod'; did you mean 'context.load'?\n"
	  "bad.yaml:6:23: 'interrupt.posted' is 'yes'; expected true or false\n"
	  "bad.yaml:7:16: 'mmio.read' is a list; expected a single value\n"
	  "bad.yaml:8:17: 'mmio.write' is 2s; expected at most 1s\n"												 },
	{ "platform:\n  set:\n    display.symbol_clock: 270\n    blt.setup: 1MHz\n" FIXTURE_VMS,
         "bad.yaml:3:27: 'display.symbol_clock': '270' has no unit; expected one of Hz, kHz, MHz, "
	  "GHz\n"
	  "bad.yaml:4:16: 'blt.setup': '1MHz' has the unknown unit 'MHz'; expected one of ps, ns, "
	  "us, ms, s\n"																	      },
	{ "platform: {set: {display.symbol_clock: 0Hz}}\n" FIXTURE_VMS,
         "bad.yaml:1:40: 'display.symbol_clock' is 0Hz; expected 1Hz to 1000GHz\n"                                                                                   },
	{ "platform: {set: {display.symbol_clock: 1001GHz}}\n" FIXTURE_VMS,
         "bad.yaml:1:40: 'display.symbol_clock' is 1001GHz; expected 1Hz to 1000GHz\n"                                                                               },
	{ "platform: {set: {exit.reentry: 1ns, costs.exit.reentry: 1ns}}\n" FIXTURE_VMS,
         "bad.yaml:1:37: parameter 'exit.reentry' is given twice\n"												  },
	{ "vms: []\n",									   "bad.yaml:1:6: 'vms' is empty; expected at least one entry\n"       },
	{ "vms: {a: 1}\n",								       "bad.yaml:1:6: 'vms' is a mapping; expected a list\n"               },
	{ "vms: [5]\n",									  "bad.yaml:1:7: a VM is a single value; expected a mapping of keys\n"},
	{ "vms: [{mode: gvt}]\n",								"bad.yaml:1:7: key 'name' is missing in a VM\n"                     },
	{ "expect: []\n" FIXTURE_VMS,
         "bad.yaml:1:9: 'expect' is empty; expected at least one entry\n"											    },
	{ "variants: []\n" FIXTURE_VMS,
         "bad.yaml:1:11: 'variants' is empty; expected at least one entry\n"											 },
	{ "variants:\n" FIXTURE_VMS,							     "bad.yaml:1:1: 'variants' is nothing; expected a list\n"            },
};

static const struct row vm_rows[] = {
	{"vms: [{name: 12}]\n",
         "bad.yaml:1:14: 'name' is '12'; expected a name of at most 31 letters, digits, '_' and "
	  "'-', not only digits\n"															     },
	{ "vms: [{name: engines}]\n",
         "bad.yaml:1:14: no VM can be called 'engines': reports have a key of that name\n"                                                                     },
	{ VM0 "    mode: xen\n",
         "bad.yaml:3:11: 'mode' is 'xen'; expected one of native, gvt, host\n"										 },
	{ VM0 "    mode: natvie\n",
         "bad.yaml:3:11: 'mode' is 'natvie'; expected one of native, gvt, host; did you mean "
	  "'native'?\n"																	},
	{ VM0 "    memory: 64\n",
         "bad.yaml:3:13: 'memory': '64' has no unit; expected one of B, KiB, MiB, GiB\n"                                                                       },
	{ VM0 "    memory: 64MB\n",							       "bad.yaml:3:13: 'memory': '64MB' has the unknown unit 'MB'; "
				    "expected one of B, KiB, MiB, GiB\n"                                                    },
	{ VM0 "    memory: 65GiB\n",							      "bad.yaml:3:13: 'memory' is 65GiB; expected 16MiB to 16GiB, a "
				     "multiple of 2MiB\n"								  },
	{ VM0 "    memory: 17MiB\n",							      "bad.yaml:3:13: 'memory' is 17MiB; expected 16MiB to 16GiB, a "
				     "multiple of 2MiB\n"								  },
	{ VM0 "    memory: 99999999999999999999GiB\n",
         "bad.yaml:3:13: 'memory': '99999999999999999999GiB' is too large\n"										   },
	{ VM0 "    vcpus: 1.5\n",
         "bad.yaml:3:12: 'vcpus' is '1.5'; expected a whole number, 1 to 16\n"										 },
	{ VM0 "    vcpus: 0\n",								   "bad.yaml:3:12: 'vcpus' is 0; expected 1 to 16\n"            },
	{ VM0 "    fences: 17\n",								 "bad.yaml:3:13: 'fences' is 17; expected 0 to 16\n"          },
	{ VM0 "    pvmmio: elsp_submit\n",
         "bad.yaml:3:13: 'pvmmio' is 'elsp_submit'; expected none, all, a list such as "
	  "[elsp_submit], or a number such as 0x1\n"													   },
	{ VM0 "    pvmmio: [elsp_sumbit]\n",
         "bad.yaml:3:14: no level 'elsp_sumbit'; expected one of "
	  "elsp_submit, plane_update, plane_wm_update, master_irq, ppgtt_update, ggtt_update, "
	  "mmio_read_passthrough, pv_submission; did you mean 'elsp_submit'?\n"										},
	{ VM0 "    pvmmio: 0x100\n",
         "bad.yaml:3:13: '0x100' has bits that are no level; expected 0xff\n"										  },
	{ VM0 "    pvmmio: 0x\n",								 "bad.yaml:3:13: '0x' is no number of levels; expected 0xff\n"},
	{ VM0 "    pvmmio: {elsp_submit: 1}\n",
         "bad.yaml:3:13: 'pvmmio' is a mapping; expected a value or a list\n"										  },
	{ VM0 "    shadow: out_of_sync\n    ppgtt: 64bit\n    huge_pages: yes\n",
         "bad.yaml:3:13: 'shadow' is 'out_of_sync'; expected one of strict, oos\n"
	  "bad.yaml:4:12: 'ppgtt' is '64bit'; expected one of 48bit, 32bit, none\n"
	  "bad.yaml:5:17: 'huge_pages' is 'yes'; expected true or false\n"										     },
	{ VM0 "    display: true\n",
         "bad.yaml:3:14: 'display' is a single value; expected a mapping of keys\n"                                                                            },
	{ VM0 "    display: {mode: 1080p, pipe: D, planes: 2}\n",
         "bad.yaml:3:21: 'mode': '1080p' is no mode; expected width, height and rate, such as "
	  "1920x1080@60Hz\n"
	  "bad.yaml:3:34: 'pipe' is 'D'; expected one of A, B, C; did you mean 'A'?\n"
	  "bad.yaml:3:37: unknown key 'planes' in 'display'\n"												 },
	{ VM0 "    misbehave: [irq_chek_first]\n",
         "bad.yaml:3:17: no way to misbehave is called 'irq_chek_first'; did you mean "
	  "'irq_check_first'?\n"															       },
	{ VM0 "    irq_handler: 4.20\n",
         "bad.yaml:3:18: 'irq_handler' is '4.20'; expected one of 4.14, 4.19, 5.0\n"                                                                           },
	{ VM0 "    huge_pages: 'true'\n",
         "bad.yaml:3:17: 'huge_pages' is 'true'; expected true or false\n"										     },
	{ VM0 "    misbehave: never_reads_pvinfo\n",
         "bad.yaml:3:16: 'misbehave' is 'never_reads_pvinfo'; expected a list such as "
	  "[never_reads_pvinfo]\n"															     },
	{ VM0 "    misbehave: [never_read_pvinfo, []]\n",
         "bad.yaml:3:17: no way to misbehave is called 'never_read_pvinfo'; did you mean "
	  "'never_reads_pvinfo'?\n"
	  "bad.yaml:3:36: a way to misbehave is a list; expected a name\n"										     },
	{ "vms: [{name: a}, {name: a}]\n",							"bad.yaml:1:25: two VMs are called 'a'\n"                    },
	{ "vms: [{name: a, mode: native}, {name: b}]\n",
         "bad.yaml:1:23: a native VM beside others; expected it alone, as it has the GPU to "
	  "itself\n"																	   },
	{ "vms: [{name: a, mode: native}, {name: b, mode: native}]\n",
         "bad.yaml:1:23: a native VM beside others; expected it alone, as it has the GPU to "
	  "itself\n"
	  "bad.yaml:1:48: a second native VM; expected one, which has the GPU to itself\n"                                                                     },
	{ "vms: [{name: a}, {name: b, aperture: 65MiB}]\n",
         "bad.yaml:1:6: the VMs' aperture adds up to 129MiB; expected at most 128MiB\n"                                                                        },
	{ "vms: [{name: a, hidden: 3GiB}, {name: b}, {name: c, hidden: 4KiB, aperture: 1MiB}]\n",
         "bad.yaml:1:6: the VMs' aperture adds up to 129MiB; expected at most 128MiB\n"
	  "bad.yaml:1:6: the VMs' hidden adds up to 3840MiB; expected at most 3456MiB\n"
	  "bad.yaml:1:61: 'hidden' is 4KiB; expected 1MiB to 3840MiB, a multiple of 4KiB\n"                                                                    },
	{ "vms: [{name: a, fences: 16}, {name: b, fences: 13}]\n",
         "bad.yaml:1:6: the VMs' fences add up to 29; expected at most 28\n"										   },
	{ "vms: [{name: a, memory: 16GiB}, {name: b, memory: 16GiB}, {name: c, aperture: 1MiB,\n"
	  "  memory: 16MiB}]\nplatform: {costs: zero}\n",				"bad.yaml:1:6: the VMs' memory adds up to 32784MiB; expected at most 32GiB\n"
	  "bad.yaml:1:6: the VMs' aperture adds up to 129MiB; expected at most 128MiB\n"     },
	{ "vms:\n  - {name: vm0}\n  - name: app\n    mode: host\n    workload:\n      steps:\n"
	  "        - together: [fill: {}]\n        - fill: {misuse: ring_tail}\n        - wait: "
	  "all\n",								       "bad.yaml:3:5: 'app' cannot do step 0, 'together', with `mode: host`; expected a plain "
	  "submission, 'wait' or 'sleep'\n"
	  "bad.yaml:3:5: 'app' cannot do step 1, 'fill', with `mode: host`; expected a plain "
	  "submission, 'wait' or 'sleep'\n"											 },
	{ "vms: [{name: a}, {name: b, type: V5_1}]\n",
         "bad.yaml:1:6: the VMs' aperture adds up to 576MiB; expected at most 128MiB\n"                                                                        },
	{ "vms: [{name: a, type: V4_8, weight: 0}]\n",
         "bad.yaml:1:23: 'type' is 'V4_8'; expected one of V5_8, V5_4, V5_2, V5_1; did you mean "
	  "'V5_8'?\n"
	  "bad.yaml:1:37: 'weight' is 0; expected 1 to 256\n"												  },
	{ "vms: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}, {name: g},\n"
	  "  {name: h}]\n",							      "bad.yaml:1:6: the VMs' aperture adds up to 512MiB; expected at most 128MiB\n"
	  "bad.yaml:1:6: the VMs' fences add up to 32; expected at most 28\n"                                              },
};

static const struct row step_rows[] = {
	{VM0 "    workload: 5\n",
         "bad.yaml:3:15: a workload is a single value; expected a mapping of keys\n"                                                                        },
	{ VM0 "    workload: {}\n",
         "bad.yaml:3:15: none of 'steps', 'wsim' and 'wsim_text' in a workload; expected one\n"                                                             },
	{ VM0 "    workload: {steps: []}\n",
         "bad.yaml:3:23: 'steps' is empty; expected at least one entry\n"										   },
	{ VM0 "    workload: {repeats: 2, steps: [{wait: all}]}\n",
         "bad.yaml:3:16: unknown key 'repeats' in a workload; did you mean 'repeat'?\n"                                                                     },
	{ VM0 "    workload: {repeat: 0, timeout: 1.5ns, steps: [{wait: all}]}\n",
         "bad.yaml:3:24: 'repeat' is 0; expected 1 to 1000000\n"
	  "bad.yaml:3:36: 'timeout' is 1.5ns; expected 1ns to 1000s, a multiple of 1ns\n"                                                                   },
	{ STEP "wait]}}]\n",							    "bad.yaml:2:3: a step is a single value; expected one key and its "
			     "value, such as wait: all\n"								       },
	{ STEP "{wait: all, fill: {}}]}}]\n",
         "bad.yaml:2:15: a step has 2 keys; expected one, such as wait: all\n"                                                                              },
	{ STEP "{}]}}]\n",							      "bad.yaml:2:3: a step has 0 keys; expected one, such as wait: all\n"},
	{ STEP "{flil: {}}]}}]\n",
         "bad.yaml:2:4: unknown step 'flil'; expected one of fill, copy, fast_copy, store, draw, "
	  "dispatch, decode, enhance, together, wait, sleep, compute, bind, unbind, flip, "
	  "watermark, "
	  "vblank, reset, reboot; did you mean "
	  "'fill'?\n"																       },
	{ STEP "{wait: one}, {wait: [all]}]}}]\n",
         "bad.yaml:2:10: 'wait' is not 'all'; expected wait: all\n"
	  "bad.yaml:2:23: 'wait' is not 'all'; expected wait: all\n"											},
	{ "vms: [{name: vm0, workload: {steps: [\n  {reset: all}, {reboot: {}}]}}]\n",
         "bad.yaml:2:11: 'reset' is not 'gpu'; expected reset: gpu\n"
	  "bad.yaml:2:26: 'reboot' is not 'vm'; expected reboot: vm\n"										      },
	{ "vms: [{name: vm0, mode: native, workload: {steps: [\n  {reboot: vm}]}}]\n",
         "bad.yaml:2:4: 'reboot' in a native VM; expected mode: gvt, where the VMM resets the "
	  "vGPU\n"																	  },
	{ "vms: [{name: vm0, workload: {steps: [{bind: {object: a}}, {reboot: vm},\n"
	  "  {unbind: {object: a}}]}}]\n",				     "bad.yaml:2:21: 'a' is not bound here any more\n"                   },
	{ STEP "{sleep: 10}, {compute: 0s}, {sleep: 2s}]}}]\n",
         "bad.yaml:2:11: 'sleep': '10' has no unit; expected one of ps, ns, us, ms, s\n"
	  "bad.yaml:2:26: 'compute' is 0s; expected 1ns to 1s, a multiple of 1ns\n"
	  "bad.yaml:2:39: 'sleep' is 2s; expected 1ns to 1s, a multiple of 1ns\n"                                                                           },
	{ STEP "{fill: 5}]}}]\n",
         "bad.yaml:2:10: 'fill' is a single value; expected a mapping of keys\n"                                                                            },
	{ STEP "{fill: {wdith: 1}}]}}]\n",
         "bad.yaml:2:11: unknown key 'wdith' in 'fill'; did you mean 'width'?\n"                                                                            },
	{ STEP "{fill: {count: 1}}, {store: {engine: RCS0, width: 1}}]}}]\n",
         "bad.yaml:2:11: unknown key 'count' in 'fill'\n"
	  "bad.yaml:2:46: unknown key 'width' in 'store'\n"												 },
	{ STEP "{fill: {width: 0, height: 8192}}]}}]\n",
         "bad.yaml:2:18: 'width' is 0; expected 1 to 8191\n"
	  "bad.yaml:2:29: 'height' is 8192; expected 1 to 8191\n"											   },
	{ STEP "{fill: {engine: RCS0}}, {draw: {engine: BCS0}}]}}]\n",
         "bad.yaml:2:19: 'fill' cannot run on RCS0; expected BCS0\n"
	  "bad.yaml:2:43: 'draw' cannot run on BCS0; expected RCS0\n"										       },
	{ STEP "{fill: {engine: BSC0}}]}}]\n",
         "bad.yaml:2:19: 'engine' is 'BSC0'; expected one of RCS0, BCS0, VCS0, VCS1, VECS0; did "
	  "you mean 'BCS0'?\n"															      },
	{ STEP "{store: {}}]}}]\n",						     "bad.yaml:2:11: key 'engine' is missing in 'store', which any "
				    "engine can do; expected one "
				    "of RCS0, BCS0, VCS0, VCS1, VECS0\n"                                                 },
	{ STEP "{fill: {misuse: batch_adress}}]}}]\n",
         "bad.yaml:2:19: 'misuse' is 'batch_adress'; expected one of none, batch_address, "
	  "descriptor_invalid, ring_tail, command, register, store_address, hang; did you mean "
	  "'batch_address'?\n"															      },
	{ STEP "{fill: {context: [a]}}, {fill: {context: a.b}}]}}]\n",
         "bad.yaml:2:20: 'context' is a list; expected a name\n"
	  "bad.yaml:2:44: 'context' is 'a.b'; expected a name of at most 31 letters, digits, '_' "
	  "and '-', not only digits\n"														      },
	{ STEP "{together: [{wait: all}, {together: [{fill: {}}]}, {fill: {}}]}]}}]\n",
         "bad.yaml:2:16: 'wait' inside of 'together'; expected submissions only\n"
	  "bad.yaml:2:29: 'together' inside of 'together'; expected submissions only\n"                                                                     },
	{ STEP "{together: []}]}}]\n",
         "bad.yaml:2:14: 'together' is empty; expected at least one entry\n"										},
};

static const struct row object_rows[] = {
	{STEP "{bind: {}}, {unbind: {}}]}}]\n",
         "bad.yaml:2:10: key 'object' is missing in 'bind'\n"
	  "bad.yaml:2:24: key 'object' is missing in 'unbind'\n"															},
	{ STEP "{bind: a}, {unbind: a}]}}]\n",
         "bad.yaml:2:10: 'bind' is a single value; expected a mapping of keys\n"
	  "bad.yaml:2:23: 'unbind' is a single value; expected a mapping of keys\n"												     },
	{ STEP "{bind: {object: a, page: 1}}, {unbind: {object: a, pages: 1}}]}}]\n",
         "bad.yaml:2:22: unknown key 'page' in 'bind'; did you mean 'pages'?\n"
	  "bad.yaml:2:54: unknown key 'pages' in 'unbind'\n"															    },
	{ STEP "{bind: {object: a, pages: 0}}, {bind: {object: b, size: 6KiB}}]}}]\n",
         "bad.yaml:2:29: 'pages' is 0; expected 1 to 1048576\n"
	  "bad.yaml:2:59: 'size' is 6KiB; expected 4KiB to 4GiB, a multiple of 4KiB\n"												  },
	{ STEP "{bind: {object: a, size: 8KiB, pages: 2}}]}}]\n",
         "bad.yaml:2:22: both 'size' and 'pages'; expected one of them\n"													       },
	{ STEP "{bind: {object: a, align: 12KiB}}, {bind: {object: b, align: 2KiB}}]}}]\n",
         "bad.yaml:2:29: 'align' is 12KiB; expected a power of two\n"
	  "bad.yaml:2:64: 'align' is 2KiB; expected 4KiB to 1GiB, a multiple of 4KiB\n"												 },
	{ STEP "{bind: {object: a, pages: 1024, count: 1025}}, {bind: {object: b, count: 0}}]}}]\n",
         "bad.yaml:2:42: 'a' has 1049600 pages in all; expected at most 1048576\n"
	  "bad.yaml:2:76: 'count' is 0; expected 1 to 65536\n"															  },
	{ STEP
	  "{bind: {object: a, space: gtt}}, {bind: {object: b, space: ggtt, context: c}}]}}]\n", "bad.yaml:2:29: 'space' is 'gtt'; expected one of ppgtt, ggtt; did you mean 'ggtt'?\n"
	  "bad.yaml:2:68: 'context' with 'space: ggtt'; expected one of them\n"},
	{ STEP "{bind: {object: a}}, {unbind: {object: a}}, {bind: {object: a}}]}}]\n",
         "bad.yaml:2:63: two steps bind 'a'; expected a name of its own for each\n"												     },
	{ STEP "{unbind: {object: tile}}, {bind: {object: tile}}, {unbind: {object: tiles}},\n"
	       "  {unbind: {object: tile}}, {unbind: {object: tile}}]}}]\n",		     "bad.yaml:2:21: no step before binds 'tile'\n"
	  "bad.yaml:2:71: no step before binds 'tiles'; did you mean 'tile'?\n"
	  "bad.yaml:3:47: 'tile' is not bound here any more\n"                                     },
	{ STEP "{bind: {object: a, read_only: true}}, {bind: {object: b, context: x}},\n"
	       "  {store: {engine: BCS0, object: a}}, {store: {engine: BCS0, object: b}},\n"
	       "  {store: {engine: BCS0, object: b, context: x, count: 1025}},\n"
	       "  {fill: {object: b}}, {store: {engine: BCS0, object: [b]}}]}}]\n",	      "bad.yaml:3:34: 'a' is read-only\n"
	  "bad.yaml:3:70: 'b' is bound in context 'x'; expected the submission's to be the same\n"
	  "bad.yaml:4:34: 'b' has only 1024 dwords\n"
	  "bad.yaml:5:11: unknown key 'object' in 'fill'\n"
	  "bad.yaml:5:55: 'object' is a list; expected a name\n"                            },
	{ STEP "{together: [{bind: {object: a}}]}]}}]\n",
         "bad.yaml:2:16: 'bind' inside of 'together'; expected submissions only\n"												      },
	{ "vms: [{name: vm0, workload: {repeat: 2, steps: [\n"
	  "  {bind: {object: a}}, {bind: {object: b}}, {unbind: {object: a}}]}}]\n",	     "bad.yaml:2:40: 'b' is still bound when the steps begin anew; expected an unbind, or "
	  "repeat: 1\n"								    },
	{ "platform: {oos_pool: 1048577}\n" FIXTURE_VMS,
         "bad.yaml:1:22: 'oos_pool' is 1048577; expected 1 to 1048576\n"														},
};

static const struct row variant_rows[] = {
	{FIXTURE_VMS "variants: [{set: {seed: 1}}]\n",
         "bad.yaml:4:12: key 'name' is missing in a variant\n"                                                             },
	{ FIXTURE_VMS "variants: [{name: a}, {name: a}]\n",
         "bad.yaml:4:30: two variants are called 'a'\n"								    },
	{ FIXTURE_VMS "variants: [{name: a, sets: {}}]\n",
         "bad.yaml:4:22: unknown key 'sets' in a variant; did you mean 'set'?\n"                                           },
	{ FIXTURE_VMS "variants: [{name: a, set: 5}, 6]\n",
         "bad.yaml:4:27: 'set' is a single value; expected a mapping, such as {vms.vm0.mode: "
	  "native}\n"
	  "bad.yaml:4:31: a variant is a single value; expected a mapping of keys\n"                                       },
	{ FIXTURE_VMS
	  "variants:\n  - name: a\n    set:\n      vms.vm9.mode: native\n"
	  "      vms.vm0.moed: native\n      vms.vm0.mode: natvie\n"
	  "      vms.vm0.mode.deep: 1\n      vms.vm0.workload.steps.7.fill.width: 1\n"
	  "      vms.vm0.workload.steps.0.copy.width: 1\n      title: x\n      a..b: 1\n"
	  "      variants.0.name: x\n      platform.costs.exit.transitoin: 1ns\n",  "bad.yaml:7:11: no VM is called 'vm9'; did you mean 'vm0'?\n"
	  "bad.yaml:8:15: unknown key 'moed' in a VM; did you mean 'mode'?\n"
	  "bad.yaml:9:21: 'mode' is 'natvie'; expected one of native, gvt, host; did you mean "
	  "'native'?\n"
	  "bad.yaml:10:20: 'vms.vm0.mode' is a single value and has no 'deep'\n"
	  "bad.yaml:11:30: the list has no entry '7'; expected a number from 0 to 0\n"
	  "bad.yaml:12:32: a step has 2 keys; expected one, such as wait: all\n"
	  "bad.yaml:13:7: 'title' belongs to the whole file and cannot be set\n"
	  "bad.yaml:14:7: 'a..b' is no path; expected names with dots between them, such as "
	  "vms.vm0.mode\n"
	  "bad.yaml:15:7: 'variants' belongs to the whole file and cannot be set\n"
	  "bad.yaml:16:22: unknown parameter 'costs.exit.transitoin'; did you mean "
	  "'exit.transition'?\n"},
 /* a mistake in the base is no mistake of every variant */
	{ "vms: [{name: a, vcpus: 99}]\nvariants: [{name: x}, {name: y}, {name: z}]\n",
         "bad.yaml:1:24: 'vcpus' is 99; expected 1 to 16\n"								},
 /* a variant is checked as a whole: two VMs, one of which becomes native */
	{ "vms: [{name: a}, {name: b}]\nvariants: [{name: x, set: {vms.b.mode: native}}]\n",
         "bad.yaml:2:40: a native VM beside others; expected it alone, as it has the GPU to "
	  "itself\n"												       },
};

static void check_rows(const char *folder, const struct row *rows, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		struct scenario *s;
		char *messages;
		int ret;

		fixture_write(folder, "bad.yaml", rows[i].text);
		ret = fixture_load(folder, "bad.yaml", NULL, &s, &messages);
		fixture_brief(folder, messages);
		if (ret != -EINVAL || s || strcmp(messages, rows[i].messages) != 0) {
			print_error("--- this text (%d)\n%s--- expected\n%s--- got\n%s", ret,
				    rows[i].text, rows[i].messages, messages);
			wrong++;
		}
		scenario_free(s);
		free(messages);
	}
	assert_int_equal(wrong, 0);
}

#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

static void wrong_yaml(void **state)
{
	check_rows(*state, ROWS(yaml_rows));
}

static void wrong_scenario(void **state)
{
	check_rows(*state, ROWS(scenario_rows));
}

static void wrong_vm(void **state)
{
	check_rows(*state, ROWS(vm_rows));
}

static void wrong_step(void **state)
{
	check_rows(*state, ROWS(step_rows));
}

static void wrong_object(void **state)
{
	check_rows(*state, ROWS(object_rows));
}

static void wrong_variant(void **state)
{
	check_rows(*state, ROWS(variant_rows));
}

/* ---- what a person sees ---- */

static void check_messages(const char *folder, const char *text, size_t len, const char *expected)
{
	char with_slash[FIXTURE_PATH_BYTES];
	struct scenario *s;
	char *messages, *at;

	fixture_write_bytes(folder, "bad.yaml", text, len);
	assert_int_equal(fixture_load(folder, "bad.yaml", NULL, &s, &messages), -EINVAL);
	fixture_path(folder, "", with_slash);
	while ((at = strstr(messages, with_slash)))
		memmove(at, at + strlen(with_slash), strlen(at + strlen(with_slash)) + 1);
	assert_string_equal(messages, expected);
	free(messages);
}

static void shows_the_line_and_points(void **state)
{
	static const char text[] = "title: \xc3\xa4\xc3\xb6\xc3\xbc\nvms:\n\t\n  - name: vm0\n"
				   "    memroy: 64MiB # \xe2\x82\xac\n";
	static const char utf8[] = FIXTURE_VMS "\xc3\xa4: 1\nexpect: ['\xe2\x82\xac', b]\n";

	check_messages(*state, text, strlen(text),
		       "bad.yaml:5:5: error: unknown key 'memroy' in a VM; did you mean 'memory'?\n"
		       "    5 |     memroy: 64MiB # \xe2\x82\xac\n"
		       "      |     ^\n");
	check_messages(
		*state, utf8, strlen(utf8),
		"bad.yaml:4:1: error: unknown key '\xc3\xa4' in a scenario\n"
		"    4 | \xc3\xa4: 1\n"
		"      | ^\n"
		"bad.yaml:5:10: error: '\xe2\x82\xac'; expected one of ==, !=, <, <=, >, >=\n"
		"    5 | expect: ['\xe2\x82\xac', b]\n"
		"      |          ^\n"
		"bad.yaml:5:16: error: ''; expected one of ==, !=, <, <=, >, >=\n"
		"    5 | expect: ['\xe2\x82\xac', b]\n"
		"      |                ^\n");
}

static void shows_no_control_characters(void **state)
{
	static const char text[] = "a\x1b[31mb: 1\n" FIXTURE_VMS;
	static const char nul[] = "seed: \0\n";
	static const char c1[] = "\"\xc2\x9b\": 1\n" FIXTURE_VMS;

	check_messages(*state, text, strlen(text),
		       "bad.yaml:1:1: error: unknown key 'a?[31mb' in a scenario\n"
		       "    1 | a?[31mb: 1\n"
		       "      | ^\n");
	check_messages(*state, nul, sizeof(nul) - 1,
		       "bad.yaml:1:7: error: a NUL byte; expected text\n"
		       "    1 | seed: ?\n"
		       "      |       ^\n");
	check_messages(*state, c1, strlen(c1),
		       "bad.yaml:1:1: error: unknown key '?"
		       "?' in a scenario\n"
		       "    1 | \"?"
		       "?\": 1\n"
		       "      | ^\n");
}

static void cuts_long_lines(void **state)
{
	char text[1200] = "vms: [{name: vm0, ";
	struct scenario *s;
	char *messages, *line;

	memset(text + strlen(text), ' ', 500);
	strcat(text, "bad: 1,");
	strcat(text, "                                                  }]\n");
	fixture_write(*state, "bad.yaml", text);
	assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, &messages), -EINVAL);
	assert_non_null(strstr(messages, ":1:519: error: unknown key 'bad' in a VM"));
	line = strstr(messages, "    1 | ");
	assert_non_null(line);
	assert_true(strcspn(line, "\n") <= 8 + 160);
	assert_non_null(strstr(line, "bad: 1"));
	line = strchr(line, '\n') + 1;
	/* the caret stands below the first character of the key */
	assert_int_equal(strchr(line, '^') - line,
			 strstr(messages, "bad: 1") - strstr(messages, "    1 | "));
	free(messages);
}

static void bounds_the_number_of_messages(void **state)
{
	struct scenario *s;
	char *text = calloc(1, 40000), *messages;
	size_t lines = 0;

	for (int i = 0; i < 300; i++)
		sprintf(text + strlen(text), "k%d: 1\n", i);
	strcat(text, FIXTURE_VMS);
	fixture_write(*state, "bad.yaml", text);
	assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, &messages), -EINVAL);
	assert_non_null(strstr(messages, "bad.yaml: error: 200 more messages are not shown\n"));
	for (const char *p = messages; (p = strstr(p, ": error: ")); p++)
		lines++;
	assert_int_equal(lines, 101);
	free(messages);
	free(text);
}

/* ---- sizes that only an attack has ---- */

static void refuses_huge_files(void **state)
{
	size_t len = (1u << 20) + 1;
	char *text = malloc(len);

	memset(text, ' ', len);
	check_messages(*state, text, len, "bad.yaml: error: larger than 1024 KiB\n");
	free(text);
}

static void refuses_endless_devices(void **state)
{
	struct scenario *s;

	assert_int_equal(scenario_load(&s, "/dev/zero", NULL), -EINVAL);
	assert_null(s);
}

static void refuses_deep_nesting(void **state)
{
	static const char *const bricks[] = { "[", "{a: ", "- ", "? " };

	for (size_t i = 0; i < sizeof(bricks) / sizeof(bricks[0]); i++) {
		char *text = calloc(1, 10000), *messages;
		struct scenario *s;

		for (int depth = 0; depth < 2000; depth++)
			strcat(text, bricks[i]);
		fixture_write(*state, "bad.yaml", text);
		assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, &messages), -EINVAL);
		assert_true(strlen(messages) > 0);
		free(messages);
		free(text);
	}
}

static void refuses_growth_by_aliases(void **state)
{
	char text[2000] = "a0: &a0 [x, x, x, x, x, x, x, x]\n";
	struct scenario *s;
	char *messages;

	for (int i = 1; i < 20; i++)
		sprintf(text + strlen(text), "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
			i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	fixture_write(*state, "bad.yaml", text);
	assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, &messages), -EINVAL);
	assert_non_null(strstr(messages, "more than 20000 values; no scenario is that large"));
	free(messages);
}

/* count steps of that form, each with a name of its own. */
static void check_many(const char *folder, const char *form, int count, const char *expected)
{
	char text[4000] = STEP;
	struct scenario *s;
	char *messages;

	for (int i = 0; i < count; i++)
		sprintf(text + strlen(text), form, i);
	strcat(text, "]}}]\n");
	fixture_write(folder, "bad.yaml", text);
	assert_int_equal(fixture_load(folder, "bad.yaml", NULL, &s, &messages), -EINVAL);
	assert_string_equal(fixture_brief(folder, messages), expected);
	free(messages);
}

static void refuses_many_contexts(void **state)
{
	check_many(*state, "{fill: {context: c%d}},\n  ", 33,
		   "bad.yaml:34:20: more than 32 contexts in one VM\n");
}

static void refuses_many_objects(void **state)
{
	check_many(*state, "{bind: {object: o%d}},\n  ", 65,
		   "bad.yaml:66:19: more than 64 objects in one VM\n");
}

/* ---- overrides ---- */

static void wrong_overrides(void **state)
{
	static const char *const overrides[] = { "vms.vm0.memory=64",
						 "vms.vm9.mode=native",
						 "seed",
						 "=3",
						 "seed=",
						 "sed=1",
						 "seed=[",
						 "title=x",
						 "platform.set.exit.reentry=-1ns",
						 "vms.vm0.pvmmio=[elsp_submit, nothing]",
						 NULL };
	struct scenario *s;
	char *messages;

	fixture_write(*state, "bad.yaml", FIXTURE_VMS "variants: [{name: a}, {name: b}]\n");
	assert_int_equal(fixture_load(*state, "bad.yaml", overrides, &s, &messages), -EINVAL);
	assert_string_equal(
		fixture_brief(*state, messages),
		"--set vms.vm0.memory=64: 'memory': '64' has no unit; expected one of B, KiB, MiB, "
		"GiB\n"
		"--set vms.vm9.mode=native: no VM is called 'vm9'; did you mean 'vm0'?\n"
		"--set seed: no '='; expected KEY=VALUE\n"
		"--set =3: no key; expected KEY=VALUE\n"
		"--set seed=: no value; expected KEY=VALUE\n"
		"--set sed=1: unknown key 'sed' in a scenario; did you mean 'seed'?\n"
		"--set seed=[: not YAML: flow sequence without a closing bracket\n"
		"--set title=x: 'title' belongs to the whole file and cannot be set\n"
		"--set platform.set.exit.reentry=-1ns: 'exit.reentry': '-1ns' is negative; "
		"expected a time such as 10us\n"
		"--set vms.vm0.pvmmio=[elsp_submit, nothing]: no level 'nothing'; expected one of "
		"elsp_submit, plane_update, plane_wm_update, master_irq, ppgtt_update, "
		"ggtt_update, mmio_read_passthrough, pv_submission\n");
	free(messages);
}

/* libfyaml must not print anything by itself. */
static void prints_nothing_else(void **state)
{
	char path[FIXTURE_PATH_BYTES];
	struct scenario *s;
	int saved = dup(2);
	long size;
	FILE *out;

	fixture_write(*state, "bad.yaml", "a: [1, 'b\n");
	out = freopen(fixture_path(*state, "stderr", path), "w", stderr);
	assert_non_null(out);
	assert_int_equal(fixture_load(*state, "bad.yaml", NULL, &s, NULL), -EINVAL);
	fflush(stderr);
	size = ftell(stderr);
	dup2(saved, 2);
	close(saved);
	assert_int_equal(size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_yaml),
		cmocka_unit_test(wrong_scenario),
		cmocka_unit_test(wrong_vm),
		cmocka_unit_test(wrong_step),
		cmocka_unit_test(wrong_object),
		cmocka_unit_test(wrong_variant),
		cmocka_unit_test(shows_the_line_and_points),
		cmocka_unit_test(shows_no_control_characters),
		cmocka_unit_test(cuts_long_lines),
		cmocka_unit_test(bounds_the_number_of_messages),
		cmocka_unit_test(refuses_huge_files),
		cmocka_unit_test(refuses_endless_devices),
		cmocka_unit_test(refuses_deep_nesting),
		cmocka_unit_test(refuses_growth_by_aliases),
		cmocka_unit_test(refuses_many_contexts),
		cmocka_unit_test(refuses_many_objects),
		cmocka_unit_test(wrong_overrides),
		cmocka_unit_test(prints_nothing_else),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
