import ts from 'typescript';

/** One module that a source file names. */
export interface Import {
  module: string;
  /** `types` leaves nothing in the compiled file; `load` runs when the file is loaded; `call` runs later, inside a function. */
  kind: 'types' | 'load' | 'call';
}

/** Stands for a module whose name is known only when the program runs. */
export const COMPUTED = '(computed)';

/** Every module named in a TypeScript file: import, export … from, import = require, require(), import(). */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, isTypesOnly(node.importClause) ? 'types' : 'load');
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add(node.moduleSpecifier, node.isTypeOnly ? 'types' : 'load');
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node.moduleReference.expression, node.isTypeOnly ? 'types' : 'load');
    } else if (ts.isCallExpression(node) && isLoader(node.expression)) {
      const [module] = node.arguments;
      if (module !== undefined) add(module, inFunction ? 'call' : 'load');
    }
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
  };
  const add = (module: ts.Node, kind: Import['kind']): void => {
    found.push({ module: ts.isStringLiteralLike(module) ? module.text : COMPUTED, kind });
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true), false);
  return found;
}

function isTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const names = clause.namedBindings;
  if (clause.name !== undefined || names === undefined || !ts.isNamedImports(names)) return false;
  return names.elements.length > 0 && names.elements.every((element) => element.isTypeOnly);
}

function isLoader(expression: ts.Expression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (ts.isIdentifier(expression)) return expression.text === 'require';
  return ts.isPropertyAccessExpression(expression) && expression.getText() === 'require.resolve';
}
