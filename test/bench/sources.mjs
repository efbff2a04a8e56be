// The product's own functions for the files of an instance, and bundles made the way its own is made.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

/** `files(addon, plan)`: what `addons-add` puts into the volume of this add-on, made by the product's own functions. */
export async function instanceFiles(folder) {
  const entry = join(folder, "files.ts");
  const from = (path) => JSON.stringify(resolve("src", path));
  writeFileSync(
    entry,
    `export { initFile, recordFile, settingsFiles, tlsFiles } from ${from("postgresql/instance-files.ts")};
     export { newAuthority, newServerCertificate } from ${from("postgresql/tls.ts")};
     export { planOf } from ${from("addons/plans.ts")};`,
  );
  const made = await import(await bundle(entry, join(folder, "files.mjs")));
  return async (addon, planId, placement) => {
    const plan = made.planOf(planId);
    const authority = await made.newAuthority(addon.id, new Date());
    const server = await made.newServerCertificate(authority, ["localhost", addon.host], new Date());
    const files = [
      ...made.settingsFiles(addon, plan, placement),
      ...made.tlsFiles(authority, server),
      made.recordFile(addon, plan, authority),
      await made.initFile(addon),
    ];
    return { files, memory: plan.memory, ca: authority.certificate };
  };
}

/** One file, without what .tools/build.mjs leaves out of dockerode as well. Resolves to its path. */
export async function bundle(input, file) {
  const empty = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs)$/;
  const built = await rolldown({
    input,
    platform: "node",
    external: ["cpu-features", "pg-native", /\.node$/],
    plugins: [
      {
        name: "lighter",
        resolveId: (id, importer) =>
          empty.test(id) && /\/docker(ode|-modem)\//.test(importer ?? "") ? `${id}.empty.cjs` : null,
        load: (id) => (id.endsWith(".empty.cjs") ? "module.exports = {};" : null),
      },
    ],
    onLog: () => undefined,
  });
  await built.write({ file, format: "esm", codeSplitting: false });
  return file;
}
