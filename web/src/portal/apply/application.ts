/** Everything the apply page knows about one application, and what can be done with it. */
import { computed, reactive, ref, shallowReactive, shallowRef } from "vue";
import { api, call, type ProblemField, type Schemas } from "@/shared/api/client";
import { attach, unfinished, type Upload } from "@/shared/api/pieces";
import { FormStore } from "@/shared/forms/store";
import type { FormData, FormDefinition } from "@/shared/forms/types";
import { Draft } from "./draft";
import { dropCopy, readCopy, type LocalCopy } from "./localcopy";

type PortalCase = Schemas["PortalCase"];

export class Application {
  readonly info = shallowRef<PortalCase>(null as never);
  readonly steps = ref<Schemas["StepState"][]>([]);
  readonly rules = ref<Schemas["MaterialRule"][]>([]);
  readonly materials = ref<Schemas["MaterialOut"][]>([]);
  /** Large files begun in this or an earlier visit that are not handed in yet. */
  readonly uploads = shallowRef<Upload[]>([]);
  readonly restored = shallowRef<LocalCopy | null>(null);
  readonly materialErrors = shallowReactive(new Map<string, ProblemField>());
  readonly checked = reactive(new Set<string>());
  /** Everything that stands in the way of signing, since the whole was last checked. */
  readonly remaining = shallowRef<ProblemField[]>([]);
  store!: FormStore;
  draft!: Draft;

  readonly supplementing = computed(() => this.info.value.status === "SUPPLEMENT");

  private constructor(readonly id: number) {}

  static async open(id: number): Promise<Application> {
    const application = new Application(id);
    const info = await call(() => api.GET("/api/portal/cases/{case_id}", { params: { path: { case_id: id } } }));
    const form = await call(() =>
      api.GET("/api/public/forms/{code}/{version}", { params: { path: { code: info.form_code, version: info.form_version } } }),
    );
    application.begin(info, form.definition as unknown as FormDefinition);
    if (info.editable) void application.takeUploads();
    return application;
  }

  private begin(info: PortalCase, definition: FormDefinition): void {
    this.info.value = info;
    this.steps.value = info.steps;
    this.rules.value = info.material_rules;
    this.materials.value = info.materials;
    const copy = readCopy(this.id);
    const newer = copy && copy.version >= info.version ? copy : null;
    if (copy && !newer) dropCopy(this.id);
    const data = (newer?.data ?? info.data) as FormData;
    this.store = new FormStore(definition, data);
    Object.assign(this.store.prefilled, info.prefilled);
    this.store.locked.value = !info.editable;
    for (const item of info.supplement?.items ?? []) this.store.asked.set(item.path, item.request);
    this.receive(info.calculations);
    this.draft = new Draft(this.id, this.store, info.version, info.updated_at, (saved) => this.saved(saved));
    if (newer) {
      this.restored.value = newer;
      this.draft.touch();
    }
  }

  private receive(calculations: Schemas["Calculation"][]): void {
    this.store.calculations.clear();
    for (const calculation of calculations) this.store.calculations.set(calculation.path, calculation);
  }

  private saved(answer: Schemas["DraftSaved"]): void {
    this.store.receive(answer.data as FormData, answer.calculations);
    this.steps.value = answer.steps;
    this.rules.value = answer.materials;
    if (this.info.value.signature) void this.refresh().catch(() => undefined);
    for (const step of this.checked) void this.check(step).catch(() => undefined);
  }

  /** The server's judgement of a step; from now on its errors are shown and kept up to date. */
  async check(step: string): Promise<ProblemField[]> {
    this.checked.add(step);
    const found = await call(() =>
      api.GET("/api/portal/cases/{case_id}/check", { params: { path: { case_id: this.id }, query: { step } } }),
    );
    if (step === "materials" || step === "") this.takeMaterialErrors(found.errors);
    if (step === "") this.remaining.value = found.errors;
    if (step) this.store.attempt(step, found);
    else for (const one of this.store.definition.steps) this.store.attempt(one.key, this.ofStep(found, one.key));
    return step === "materials" ? found.errors : step ? this.store.problems(step) : found.errors;
  }

  private ofStep(found: Schemas["CheckOut"], step: string): Schemas["CheckOut"] {
    const mine = (problem: ProblemField) => this.store.stepOf(problem.path) === step;
    return { errors: found.errors.filter(mine), warnings: found.warnings.filter(mine) };
  }

  private takeMaterialErrors(errors: ProblemField[]): void {
    this.materialErrors.clear();
    for (const error of errors) if (error.path.startsWith("materials.")) this.materialErrors.set(error.path.slice(10), error);
  }

  /** Read the case anew without touching what is being filled in (after uploads, signing). */
  async refresh(): Promise<void> {
    const info = await call(() => api.GET("/api/portal/cases/{case_id}", { params: { path: { case_id: this.id } } }));
    this.take(info);
    for (const step of ["materials", ""]) if (this.checked.has(step)) await this.check(step);
  }

  /** What is still on its way; a failure here is no reason to stop filling in. */
  async readUploads(): Promise<void> {
    this.uploads.value = await unfinished(this.id).catch(() => []);
  }

  /** After a reload: hand in what was received meanwhile, show the rest. */
  private async takeUploads(): Promise<void> {
    await this.readUploads();
    const ready = this.uploads.value.filter((upload) => upload.state === "DONE");
    for (const upload of ready) await attach({ caseId: this.id, code: upload.code }, upload.id).catch(() => undefined);
    if (ready.length) await this.refresh().then(() => this.readUploads());
  }

  take(info: PortalCase): void {
    this.info.value = info;
    this.steps.value = info.steps;
    this.materials.value = info.materials;
    this.rules.value = info.material_rules;
    this.draft.adopt(info.version);
  }

  /** The newest version on the server (another page or device may have saved). */
  async newestVersion(): Promise<number> {
    return (await call(() => api.GET("/api/portal/cases/{case_id}", { params: { path: { case_id: this.id } } }))).version;
  }

  dispose(): void {
    this.draft.dispose();
  }
}
